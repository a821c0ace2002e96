//! From a person without an e-mail address to one with (people.md S25, S26); there is no way back (S24).
use serde_json::json;

use super::super::recovery::end_everything;
use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use super::inviting::{self, Addressee};
use crate::model::{Email, InvitationMethod, PersonId};
use crate::policy::permission::Right;
use crate::store::EmailGiven;

/// Gives a person an address: the user name works no longer, sessions end, and a link goes to the address, by which the
/// account is active again.
pub async fn convert(acting: &Acting<'_>, person: &PersonId, email: &str) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "person.convert", subject: person.as_str() };
    let Some(email) = Email::parse(email) else {
        return Ok(Err(Refusal::Invalid("email", "one plain address like anna@example.com")));
    };
    let seat = acting.app.store.read(async |r| r.seat(person, acting.tenant()).await).await?;
    let written = match &seat {
        Some(seat) => {
            let to = Addressee { name: seat.person.name(), email: Some(email.clone()), locale: seat.person.locale };
            Some(inviting::letter(acting, &seat.membership, InvitationMethod::Password, &to).await?)
        }
        None => None,
    };
    acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.own(w, person).await?);
            allowed!(acting.outranks(w, &seat.membership).await?);
            match w.give_email(person, &email, acting.now).await? {
                EmailGiven::Yes => {}
                EmailGiven::Taken => return Ok(Err(Refusal::Taken("email"))),
                EmailGiven::HasOne => return Ok(Err(Refusal::NotNow)),
            }
            // Links that were handed over before are worthless too.
            end_everything(w, &seat.person, acting.now).await?;
            acting.done(w, deed, json!({ "membership": seat.membership.id })).await?;
            if let Some(written) = &written {
                inviting::keep(acting, w, written).await?;
            }
            Ok(Ok(()))
        })
        .await
}
