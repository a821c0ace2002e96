//! Locations, and limiting people to them (people.md S37–S45).
use serde_json::json;

use super::super::Failure;
use super::acting::{Acting, Deed, Held, Outcome, Refusal, allowed};
use crate::model::{Location, LocationId, LocationsBy, MembershipState, MultiTenant, PersonId, display_name};
use crate::policy::permission::Right;
use crate::store::{Seat, Write};

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

/// Makes a location. Each tenant's rules say who does: its administrators, or operators (S43).
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
            if acting.reach(w).await?.is_some_and(|own| !own.contains(&location.id)) {
                return Ok(Err(Refusal::NotHeld));
            }
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
    if !arranges(acting)? {
        return Ok(Err(Refusal::Rules));
    }
    let deed = Deed { rights: LOCATIONS, action: "location.delete", subject: id.as_str() };
    acting
        .attempt(deed, async |w| {
            if acting.reach(w).await?.is_some_and(|own| !own.contains(id)) {
                return Ok(Err(Refusal::NotHeld));
            }
            if !w.delete_location(acting.tenant(), id).await? {
                return Ok(Err(Refusal::NotFound));
            }
            acting.done(w, deed, json!({})).await?;
            Ok(Ok(()))
        })
        .await
}

/// One step in what a person is limited to.
#[derive(Clone, Debug)]
pub enum Limit {
    /// This place, too; the first one limits (S38).
    To(LocationId),
    /// This place no longer. Never the last one: that would open all others.
    NotTo(LocationId),
    /// No limit any more (S41), while this place is the only one.
    Lift(LocationId),
}

/// Takes one step in what a person is limited to (S38–S41): others may take theirs at the same time. Whoever is limited
/// gives and takes his own locations alone, and lifts nobody's limit.
pub async fn limit(acting: &Acting<'_>, person: &PersonId, step: &Limit) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People, Right::Locations], action: "member.locations", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.other(w, person).await?);
            let id = &seat.membership.id;
            let own = acting.reach(w).await?;
            let mine = |place: &LocationId| own.as_ref().is_none_or(|own| own.contains(place));
            let before: Vec<LocationId> = w.locations_of_membership(id).await?.into_iter().map(|place| place.id).collect();
            let detail = match step {
                Limit::To(place) | Limit::NotTo(place) if !mine(place) => return Ok(Err(Refusal::NotHeld)),
                // The first location takes all the others from somebody who has them.
                Limit::To(_) if own.is_some() && !seat.membership.limited_to_locations => return Ok(Err(Refusal::NotHeld)),
                Limit::To(place) => {
                    allowed!(limitable(acting, w, &seat).await?);
                    if !w.limit_to_location(id, place).await? {
                        return Ok(Err(Refusal::NotFound));
                    }
                    json!({ "added": place })
                }
                Limit::Lift(_) if own.is_some() => return Ok(Err(Refusal::NotHeld)),
                Limit::NotTo(place) if before.len() > 1 && before.contains(place) => {
                    w.unlimit_to_location(id, place).await?;
                    json!({ "removed": place })
                }
                Limit::Lift(place) if before == [place.clone()] => {
                    w.clear_locations(id, false).await?;
                    json!({ "lifted": true })
                }
                Limit::NotTo(_) | Limit::Lift(_) => return Ok(Err(Refusal::Meanwhile)),
            };
            acting.done(w, deed, detail).await?;
            Ok(Ok(()))
        })
        .await
}

/// May this person be limited to locations at all (S44, S45)?
async fn limitable(acting: &Acting<'_>, w: &mut Write, seat: &Seat) -> Held<()> {
    let Some(tenant) = w.tenant(acting.tenant()).await? else { return Ok(Err(Refusal::NotFound)) };
    let policy = tenant.policy;
    if !policy.locations_enabled {
        return Ok(Err(Refusal::Rules));
    }
    if seat.membership.admin && !policy.locations_admin_limited {
        return Ok(Err(Refusal::Invalid("locations", "none: an administrator is not limited to locations")));
    }
    if policy.locations_multi_tenant == MultiTenant::Deny {
        let others = w.memberships_of(&seat.person.id).await?;
        if others.iter().filter(|membership| membership.state != MembershipState::Left).count() > 1 {
            return Ok(Err(Refusal::Invalid("locations", "none: the person belongs to several tenants")));
        }
    }
    Ok(Ok(()))
}

/// Is it this one's business to make, change and delete locations here (S43)?
fn arranges(acting: &Acting<'_>) -> Result<bool, Failure> {
    let policy = &acting.house()?.policy;
    let whose = if acting.scope.is_of_operator() { LocationsBy::Operator } else { LocationsBy::TenantAdmin };
    Ok(policy.locations_enabled && policy.locations_managed_by == whose)
}

fn checked(acting: &Acting<'_>, id: LocationId, name: &str, website: Option<&str>) -> Result<Result<Location, Refusal>, Failure> {
    if !arranges(acting)? {
        return Ok(Err(Refusal::Rules));
    }
    let Some(name) = display_name(name, 100) else { return Ok(Err(Refusal::Invalid("name", NAME))) };
    let website = website.map(str::trim).filter(|text| !text.is_empty());
    if website.is_some_and(|text| display_name(text, 200).is_none()) {
        return Ok(Err(Refusal::Invalid("website", "up to 200 characters, none of them invisible")));
    }
    Ok(Ok(Location { id, tenant: acting.tenant().clone(), name, website: website.map(str::to_owned) }))
}
