//! The way back from Microsoft: what is checked before anybody asks who this is.
use super::depart::Luggage;
use super::{Arrived, Back, Stopped, Trouble, accept, active, entra, login, note_refusal, trouble_of};
use crate::app::App;
use crate::model::{Connection, UpstreamClaims, UpstreamFlow, UpstreamIntent};
use crate::service::{Failure, Visitor};
use crate::upstream::{self, Reason, UpstreamError, refusal_from};
use crate::world::{Digest, Secret, Timestamp, UpstreamState};

/// The callback's parameters as sent; absent ones are empty.
pub struct Answer<'a> {
    /// The connection in the path.
    pub connection: &'a str,
    pub state: &'a str,
    pub code: &'a str,
    pub error: &'a str,
    pub error_description: &'a str,
    pub error_subcode: &'a str,
    pub iss: &'a str,
}

/// A trip that came back through its own connection.
pub(super) struct Returned<'a> {
    pub trip: UpstreamFlow,
    pub connection: &'a Connection,
    pub claims: UpstreamClaims,
    pub left_at: Timestamp,
}

/// Takes what Microsoft's redirect brought and acts on it.
///
/// The state is used up by one conditional UPDATE that names this browser, before anything else is looked at
/// (security.md J05). Only then is Microsoft asked for the token; a fault there touches nothing else.
pub async fn finish(app: &App, answer: &Answer<'_>, visitor: &Visitor, now: Timestamp) -> Result<Arrived, Failure> {
    let state = Digest::of::<UpstreamState>(answer.state);
    let Some(trip) = app.store.write(async |w| w.redeem_upstream_flow(&state, &visitor.browser, now).await).await? else {
        return Ok(Arrived::Stopped(Stopped::new(Trouble::StartAgain, Back::Start)));
    };
    let registered = app.registered();
    let stop = async |trouble: Trouble, reason: &str| {
        note_refusal(app, &trip.connection, None, reason, visitor, now).await?;
        Ok::<_, Failure>(Arrived::Stopped(Stopped::new(trouble, Back::of(&trip.intent))))
    };
    // RFC 9700 4.4.2: the answer must come in at the address that belongs to the connection it was asked through.
    if trip.connection.as_str() != answer.connection {
        return stop(Trouble::StartAgain, "mix_up").await;
    }
    let Some(connection) = active(&registered, &trip.connection) else {
        return stop(Trouble::Unavailable, "connection_disabled").await;
    };
    // RFC 9207 2.4: Microsoft does not send `iss`; where one comes, it must be the right one.
    let issuer = format!("{}/{}/v2.0", connection.cloud_host.trim_end_matches('/'), connection.tid);
    if !answer.iss.is_empty() && answer.iss != issuer {
        return stop(Trouble::StartAgain, "issuer").await;
    }
    let luggage = Luggage::open(app, &trip)?;
    match redeem(app, answer, &trip, &luggage, connection, now).await? {
        Err(error) => {
            let (trouble, reason) = told(app, connection, &error);
            if matches!(trouble, Trouble::OtherAccount | Trouble::WrongDirectory) {
                login::ask_for_other_account(app, &trip.intent, visitor, now).await?;
            }
            stop(trouble, &reason).await
        }
        Ok(claims) => {
            let left_at = Timestamp::from_micros(luggage.left_at);
            let returned = Returned { trip, connection, claims, left_at };
            match returned.trip.intent.clone() {
                UpstreamIntent::Login { flow } => login::go_on(app, &registered, &returned, &flow, visitor, now).await,
                UpstreamIntent::Invitation { invitation } => accept::go_on(app, &registered, &returned, &invitation, visitor, now).await,
                // Their tokens are of another kind, so that no `state` ever finds them (security.md finding 5).
                UpstreamIntent::Confirm { .. } | UpstreamIntent::Resend => Err(Failure::Stored("upstream intent")),
            }
        }
    }
}

/// Microsoft's claims, or why there are none.
async fn redeem(
    app: &App,
    answer: &Answer<'_>,
    trip: &UpstreamFlow,
    luggage: &Luggage,
    connection: &Connection,
    now: Timestamp,
) -> Result<Result<UpstreamClaims, UpstreamError>, Failure> {
    let text = |text| Some(text).filter(|text: &&str| !text.is_empty());
    if let Some(error) = text(answer.error) {
        return Ok(Err(refusal_from(error, text(answer.error_description), text(answer.error_subcode)).into()));
    }
    let Some(code) = text(answer.code) else {
        // RFC 6749 4.1.2: neither a code nor an error is no answer.
        return Ok(Err(refusal_from("invalid_grant", None, None).into()));
    };
    let (code, verifier) = (Secret::from(code), Secret::from(luggage.verifier.as_str()));
    let arrival = upstream::Arrival { code: &code, redirect_uri: &trip.redirect_uri, nonce: &luggage.nonce, verifier: &verifier };
    Ok(entra(app, connection)?.finish(&arrival, now, &*app.entropy).await)
}

/// What the person is told, and what the audit trail.
fn told(app: &App, connection: &Connection, error: &UpstreamError) -> (Trouble, String) {
    match error {
        UpstreamError::Refused(refusal) => {
            tracing::warn!(connection.id = %connection.id, cause = %refusal, "Microsoft refused a sign-in");
            (trouble_of(refusal.kind, app, connection), format!("{:?} {:?}", refusal.kind, refusal.codes))
        }
        UpstreamError::BadAnswer(Reason::ForeignDirectory) => (Trouble::WrongDirectory, "foreign_directory".to_owned()),
        UpstreamError::BadAnswer(reason) => {
            tracing::warn!(connection.id = %connection.id, cause = %reason, "Microsoft's answer was not believed");
            (Trouble::Unavailable, format!("{reason:?}"))
        }
        UpstreamError::Unavailable(fault) => {
            tracing::warn!(connection.id = %connection.id, cause = %fault, "Microsoft did not answer");
            (Trouble::Unavailable, "unavailable".to_owned())
        }
    }
}
