//! What administrators change about people: names and language (people.md K9, S6, C5). The e-mail address is nobody's
//! business but the person's own (K10).
use super::acting::{Acting, Deed, Held, Outcome, Refusal, allowed};
use crate::model::{Locale, PersonId, ProfileField, SelfEdit, display_name};
use crate::policy::permission::Right;
use crate::store::{Read, Seat};

/// Changes first and last name of another person, as far as the tenant's rules let administrators.
pub async fn rename(acting: &Acting<'_>, person: &PersonId, first: &str, last: &str) -> Outcome<()> {
    edit(acting, person, (first, last), None).await
}

/// Changes names and, if one is given, the language of letters; as far as the tenant's rules let administrators. About
/// themselves they change these where the rules say so (S4, C6), and nothing else anywhere.
pub async fn edit(acting: &Acting<'_>, person: &PersonId, (first, last): (&str, &str), locale: Option<Locale>) -> Outcome<()> {
    const NAME: &str = "1 to 80 characters, none of them invisible";
    let Some(first) = display_name(first, 80) else { return Ok(Err(Refusal::Invalid("first_name", NAME))) };
    let Some(last) = display_name(last, 80) else { return Ok(Err(Refusal::Invalid("last_name", NAME))) };
    let policy = acting.house()?.policy.clone();
    let deed = Deed { rights: &[Right::People], action: "person.rename", subject: person.as_str() };
    acting
        .attempt(deed, async |w| {
            let before = allowed!(editable(acting, w, person, policy.admin_self_edit).await?).person;
            let locale = locale.unwrap_or(before.locale);
            let changed = [
                (ProfileField::FirstName, before.first_name != first),
                (ProfileField::LastName, before.last_name != last),
                (ProfileField::Locale, before.locale != locale),
            ];
            let changed: Vec<ProfileField> = changed.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
            if !changed.iter().all(|field| policy.profile_admin_editable.contains(field)) {
                return Ok(Err(Refusal::Rules));
            }
            if !changed.is_empty() {
                if !w.set_details(person, &first, &last, locale, acting.now).await? {
                    return Ok(Err(Refusal::NotNow));
                }
                acting.done(w, deed, serde_json::json!({ "fields": changed })).await?;
            }
            Ok(Ok(()))
        })
        .await
}

/// Whose profile may be changed here: it is part of the account and so the home tenant's business.
async fn editable(acting: &Acting<'_>, r: &mut Read, person: &PersonId, self_edit: SelfEdit) -> Held<Seat> {
    if !acting.scope.is_self(person) || self_edit != SelfEdit::NonPrivileged {
        return acting.own(r, person).await;
    }
    let Some(seat) = r.seat(person, acting.tenant()).await? else { return Ok(Err(Refusal::NotFound)) };
    Ok(if acting.scope.is_home_of(&seat.membership, &seat.person) { Ok(seat) } else { Err(Refusal::OtherHome) })
}
