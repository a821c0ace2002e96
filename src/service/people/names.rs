//! The names of other people (people.md K9, C5). The e-mail address is nobody's business but the person's own (K10).
use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use crate::model::{PersonId, ProfileField, display_name};
use crate::policy::permission::Right;

/// Changes first and last name of another person, as far as the tenant's rules let administrators.
pub async fn rename(acting: &Acting<'_>, person: &PersonId, first: &str, last: &str) -> Outcome<()> {
    const NAME: &str = "1 to 80 characters, none of them invisible";
    let Some(first) = display_name(first, 80) else { return Ok(Err(Refusal::Invalid("first_name", NAME))) };
    let Some(last) = display_name(last, 80) else { return Ok(Err(Refusal::Invalid("last_name", NAME))) };
    let editable = acting.house()?.policy.profile_admin_editable.clone();
    let deed = Deed { rights: &[Right::People], action: "person.rename", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            // The name is part of the account: the home tenant's business.
            let before = allowed!(acting.own(w, person).await?).person;
            let changed = [(ProfileField::FirstName, before.first_name != first), (ProfileField::LastName, before.last_name != last)];
            let changed: Vec<ProfileField> = changed.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
            if !changed.iter().all(|field| editable.contains(field)) {
                return Ok(Err(Refusal::Rules));
            }
            if !changed.is_empty() {
                w.set_names(person, &first, &last, acting.now).await?;
                acting.done(w, deed, serde_json::json!({ "fields": changed })).await?;
            }
            Ok(Ok(()))
        })
        .await
}
