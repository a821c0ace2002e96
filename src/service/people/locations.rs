//! Locations, and limiting people to them (people.md S37–S45).
use serde_json::json;

use super::super::Failure;
use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use crate::model::{Location, LocationId, LocationsBy, MembershipState, MultiTenant, PersonId, display_name};
use crate::policy::permission::Right;

const NAME: &str = "1 to 100 characters, none of them invisible";
const LOCATIONS: &[Right] = &[Right::Locations];

/// The tenant's locations by name; `search` finds them by name or website, never by address (S39).
pub async fn all(acting: &Acting<'_>, search: &str) -> Result<Vec<Location>, Failure> {
    let locations = acting.app.store.read(async |r| r.locations_of(acting.tenant()).await).await?;
    let wanted = search.trim().to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let fits = |location: &Location| holds(&location.name) || location.website.as_deref().is_some_and(holds);
    Ok(locations.into_iter().filter(|location| wanted.is_empty() || fits(location)).collect())
}

/// Makes a location, where the tenant's administrators do that (S43).
pub async fn create(acting: &Acting<'_>, name: &str, website: Option<&str>) -> Outcome<LocationId> {
    let id = LocationId::generate(acting.now, &*acting.app.entropy);
    let location = match checked(acting, id.clone(), name, website)? {
        Ok(location) => location,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let deed = Deed { rights: LOCATIONS, action: "location.create", subject: id.as_str() };
    acting
        .attempt(deed, async |w| {
            w.insert_location(&location).await?;
            acting.done(w, deed, json!({ "name": location.name })).await?;
            Ok(Ok(id.clone()))
        })
        .await
}

pub async fn change(acting: &Acting<'_>, id: &LocationId, name: &str, website: Option<&str>) -> Outcome<()> {
    let location = match checked(acting, id.clone(), name, website)? {
        Ok(location) => location,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let deed = Deed { rights: LOCATIONS, action: "location.change", subject: id.as_str() };
    acting
        .attempt(deed, async |w| {
            if !w.change_location(&location).await? {
                return Ok(Err(Refusal::NotFound));
            }
            acting.done(w, deed, json!({ "name": location.name })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Deletes a location. Whoever was limited to it alone sees none from then on, not all.
pub async fn delete(acting: &Acting<'_>, id: &LocationId) -> Outcome<()> {
    if acting.house()?.policy.locations_managed_by != LocationsBy::TenantAdmin {
        return Ok(Err(Refusal::Rules));
    }
    let deed = Deed { rights: LOCATIONS, action: "location.delete", subject: id.as_str() };
    acting
        .attempt(deed, async |w| {
            if !w.delete_location(acting.tenant(), id).await? {
                return Ok(Err(Refusal::NotFound));
            }
            acting.done(w, deed, json!({})).await?;
            Ok(Ok(()))
        })
        .await
}

/// Limits a person to these locations, or to none of them again (S38–S41).
pub async fn limit(acting: &Acting<'_>, person: &PersonId, locations: Option<&[LocationId]>) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People, Right::Locations], action: "member.locations", subject: person.as_str() };
    let policy = acting.house()?.policy.clone();
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            if locations.is_some() && !policy.locations_enabled {
                return Ok(Err(Refusal::Rules));
            }
            if locations.is_some() && seat.membership.admin && !policy.locations_admin_limited {
                return Ok(Err(Refusal::Invalid("locations", "none: an administrator is not limited to locations")));
            }
            if locations.is_some() && policy.locations_multi_tenant == MultiTenant::Deny {
                let others = w.memberships_of(person).await?;
                if others.iter().filter(|membership| membership.state != MembershipState::Left).count() > 1 {
                    return Ok(Err(Refusal::Invalid("locations", "none: the person belongs to several tenants")));
                }
            }
            w.clear_locations(&seat.membership.id, locations.is_some()).await?;
            for location in locations.unwrap_or_default() {
                if !w.limit_to_location(&seat.membership.id, location).await? {
                    return Ok(Err(Refusal::NotFound));
                }
            }
            acting.done(w, deed, json!({ "locations": locations })).await?;
            Ok(Ok(()))
        })
        .await
}

fn checked(acting: &Acting<'_>, id: LocationId, name: &str, website: Option<&str>) -> Result<Result<Location, Refusal>, Failure> {
    if acting.house()?.policy.locations_managed_by != LocationsBy::TenantAdmin {
        return Ok(Err(Refusal::Rules));
    }
    let Some(name) = display_name(name, 100) else { return Ok(Err(Refusal::Invalid("name", NAME))) };
    let website = website.map(str::trim).filter(|text| !text.is_empty());
    if website.is_some_and(|text| display_name(text, 200).is_none()) {
        return Ok(Err(Refusal::Invalid("website", "up to 200 characters, none of them invisible")));
    }
    Ok(Ok(Location { id, tenant: acting.tenant().clone(), name, website: website.map(str::to_owned) }))
}
