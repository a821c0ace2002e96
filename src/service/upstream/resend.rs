//! "Send me a new link": for somebody whose Microsoft account is not connected (microsoft.md 2.3 D).
use std::time::Duration;

use super::depart::TRIP_TIME;
use crate::app::App;
use crate::model::{ConnectionId, Email, Invitation, Person, UpstreamFlow, UpstreamIntent};
use crate::service::audit::{Event, record};
use crate::service::invitations::{self, Invited};
use crate::service::{Failure, Visitor};
use crate::store::Attempt;
use crate::world::{Digest, Timestamp, Token, UpstreamPending};

/// Letters that one person gets in this way before a pause.
const LETTERS: i64 = 3;
const PAUSE: Duration = Duration::from_secs(60 * 60);

/// Keeps the addresses that the account named, for this browser to ask once. None of it is on the page.
pub(super) async fn offer(
    app: &App,
    connection: &ConnectionId,
    addresses: &[Email],
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Token<UpstreamPending>, Failure> {
    let token = Token::<UpstreamPending>::generate(&*app.entropy);
    let plain = serde_json::to_vec(addresses).map_err(|_| Failure::Stored("addresses"))?;
    let row = UpstreamFlow {
        connection: connection.clone(),
        browser: visitor.browser.clone(),
        intent: UpstreamIntent::Resend,
        sealed: app.sealer.seal(token.digest().as_str(), &plain, &*app.entropy),
        redirect_uri: String::new(),
        expires_at: now.plus(TRIP_TIME),
        state: token.digest(),
    };
    app.store.write(async |w| w.insert_upstream_flow(&row).await).await?;
    Ok(token)
}

/// Sends a new letter to the invited address, if that is one of those that the account named. The letter goes to the
/// mailbox that was invited and to no other; the answer is the same whether there was an invitation or not.
pub async fn resend(app: &App, token: &str, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let digest = Digest::of::<UpstreamPending>(token);
    let row = app.store.write(async |w| w.redeem_upstream_flow(&digest, &visitor.browser, now).await).await?;
    let Some(row) = row.filter(|row| row.intent == UpstreamIntent::Resend) else { return Ok(()) };
    let plain = app.sealer.open(row.state.as_str(), &row.sealed)?;
    let addresses: Vec<Email> = serde_json::from_slice(plain.expose()).map_err(|_| Failure::Stored("addresses"))?;
    match open_invitation(app, &addresses, now).await? {
        Some((person, invitation)) => renew(app, &person, &invitation, visitor, now).await,
        None => note(app, Event::of_nobody("invitation.resend", "nobody"), visitor, now).await,
    }
}

async fn open_invitation(app: &App, addresses: &[Email], now: Timestamp) -> Result<Option<(Person, Invitation)>, Failure> {
    let found = app
        .store
        .read(async |r| {
            for email in addresses {
                let Some(person) = r.person_by_email(email).await? else { continue };
                if let Some(newest) = r.open_invitations(&person.id, now).await?.pop() {
                    return Ok(Some((person, newest)));
                }
            }
            Ok(None)
        })
        .await?;
    Ok(found)
}

/// The new link lives as long as the old one would have, which is worthless from now on (security.md H05).
async fn renew(app: &App, person: &Person, invitation: &Invitation, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    let counter = format!("invitation:{}", person.id);
    let claimed = app.store.write(async |w| w.claim_attempt(&counter, LETTERS, PAUSE, PAUSE, now).await).await?;
    let membership = app.store.read(async |r| r.membership_by_id(&invitation.membership).await).await?;
    let (Attempt::Allowed { .. }, Some(membership)) = (claimed, membership) else {
        return note(app, Event::of_person("invitation.resend", &person.id, "paused"), visitor, now).await;
    };
    let invited = Invited { membership: &membership, method: invitation.method, good_for: invitation.expires_at.since(now), inviter: None };
    invitations::invite(app, &invited, "anonymous", visitor.network.as_str(), now).await?;
    Ok(())
}

async fn note(app: &App, event: Event<'_>, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    Ok(app.store.write(async |w| record(app, w, event, visitor, now).await).await?)
}
