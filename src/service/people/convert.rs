//! From a person without an e-mail address to one with (people.md S25, S26); there is no way back (S24).
use std::time::Duration;

use serde_json::{Value, json};

use super::super::audit::record_from;
use super::super::recovery::end_everything;
use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use super::inviting::{self, Addressee};
use crate::model::{Email, InvitationMethod, PersonId};
use crate::policy::permission::Right;
use crate::store::EmailGiven;

/// So many addresses an administrator may try in vain, and then none for a day.
const IN_VAIN: i64 = 5;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Gives a person an address: the user name works no longer, sessions end, and a link goes to the address, by which the
/// account is active again.
///
/// An address that somebody has is refused, and so tells that there is an account (security.md F08, I11). Answering as if
/// it had been taken over would lock the person out for a slip of the pen, since the user name ends in the same step.
/// So it is told, but written down, and counted: nobody tries many.
pub async fn convert(acting: &Acting<'_>, person: &PersonId, email: &str) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "person.convert", subject: person.as_str() };
    let Some(email) = Email::parse(email) else {
        return Ok(Err(Refusal::Invalid("email", "one plain address like anna@example.com")));
    };
    let counter = format!("convert:{}", acting.scope.person());
    let seat = acting.app.store.read(async |r| r.seat(person, acting.tenant()).await).await?;
    let written = match &seat {
        Some(seat) => {
            let to = Addressee { name: seat.person.name(), email: Some(email.clone()), locale: seat.person.locale };
            Some(inviting::letter(acting, &seat.membership, InvitationMethod::Password, &to).await?)
        }
        None => None,
    };
    let outcome = acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.own(w, person).await?);
            allowed!(acting.outranks(w, &seat.membership).await?);
            // One after the other, since the tenant is held: of many at once each sees what those before it counted (F01).
            if w.pause(&counter, acting.now).await?.is_some() {
                return Ok(Err(Refusal::NotNow));
            }
            match w.give_email(person, &email, acting.now).await? {
                EmailGiven::Yes => {}
                EmailGiven::Taken => {
                    // Nothing good in between makes up for it: whoever has addresses of his own would clear the count.
                    w.claim_attempt(&counter, IN_VAIN, DAY, DAY, acting.now).await?;
                    let event = acting.event(deed.action, deed.subject, "refused: taken", Value::Null);
                    record_from(acting.app, w, event, acting.network, acting.now).await?;
                    return Ok(Ok(false));
                }
                EmailGiven::HasOne => return Ok(Err(Refusal::NotNow)),
            }
            // Links that were handed over before are worthless too.
            end_everything(w, &seat.person, acting.now).await?;
            acting.done(w, deed, json!({ "membership": seat.membership.id })).await?;
            if let Some(written) = &written {
                inviting::keep(acting, w, written).await?;
            }
            Ok(Ok(true))
        })
        .await?;
    Ok(outcome.and_then(|given| if given { Ok(()) } else { Err(Refusal::Taken("email")) }))
}
