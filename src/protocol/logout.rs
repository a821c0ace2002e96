//! The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0, 2 and 3): who may end a session without a question,
//! and where the browser goes afterwards.
use super::params::Params;
use super::response;
use crate::model::{Client, ClientId, PersonId};

/// What an `id_token_hint` of ours says. Its signature is verified, its expiry is not (RP-Initiated Logout 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutHint {
    pub client: ClientId,
    pub person: PersonId,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutPlan {
    /// Ask on a page of ours first; go there once confirmed.
    Confirm { redirect: Option<String> },
    /// End the session, then go there or show a page.
    End { redirect: Option<String> },
}

/// Whom does the request speak for? The caller looks that client up.
pub fn client_of(params: &Params, hint: Option<&LogoutHint>) -> Option<ClientId> {
    hint.map(|hint| hint.client.clone()).or_else(|| params.get("client_id").map(ClientId::from_text))
}

/// Decides. `hint` is a valid one or nothing; `client` is the one of [`client_of`], if it exists.
/// `signed_in` is the person of the browser's session; a hint of an earlier session of the same person is as good as one of
/// this session, since its holder is the application that the person came from.
/// A wrong parameter never redirects; at worst the person is asked (security.md A16).
pub fn plan(params: &Params, hint: Option<&LogoutHint>, client: Option<&Client>, signed_in: Option<&PersonId>) -> LogoutPlan {
    // RP-Initiated Logout 2: client_id must be the one to which the hint was issued.
    let contradicted = hint.zip(params.get("client_id")).is_some_and(|(hint, id)| hint.client.as_str() != id);
    if contradicted || params.first_fault().is_some() {
        return LogoutPlan::Confirm { redirect: None };
    }
    let redirect = target(params, client);
    let refused = params.get("post_logout_redirect_uri").is_some() && redirect.is_none();
    match (hint, signed_in) {
        (Some(hint), Some(person)) if !refused && hint.person == *person => LogoutPlan::End { redirect },
        (Some(_), None) if !refused => LogoutPlan::End { redirect },
        _ => LogoutPlan::Confirm { redirect },
    }
}

/// RP-Initiated Logout 3: only by exact match, with `state` as it was sent.
fn target(params: &Params, client: Option<&Client>) -> Option<String> {
    let asked = params.get("post_logout_redirect_uri")?;
    let uri = client?.metadata.post_logout_redirect_uris.iter().find(|uri| *uri == asked)?;
    Some(match params.get("state") {
        Some(state) => response::append(uri, &[("state", state.to_owned())]),
        None => uri.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::client;

    const BYE: &str = "https://rp1.test/bye";

    fn planned(pairs: &[(&str, &str)], hint: Option<&str>, signed_in: Option<&str>) -> LogoutPlan {
        let mut client = client();
        client.metadata.post_logout_redirect_uris = vec![BYE.into()];
        let params = params(pairs);
        let hint = hint.map(|person| LogoutHint { client: ClientId::from_text("cli_1"), person: PersonId::from_text(person) });
        let found = client_of(&params, hint.as_ref()).filter(|id| *id == client.id).map(|_| &client);
        plan(&params, hint.as_ref(), found, signed_in.map(PersonId::from_text).as_ref())
    }

    const ANNA: Option<&str> = Some("per_anna");

    #[test]
    fn a16_without_a_fitting_hint_the_person_is_asked() {
        assert_eq!(planned(&[], None, ANNA), LogoutPlan::Confirm { redirect: None });
        assert_eq!(planned(&[], Some("per_ben"), ANNA), LogoutPlan::Confirm { redirect: None });
        assert_eq!(planned(&[("client_id", "cli_2")], ANNA, ANNA), LogoutPlan::Confirm { redirect: None });
        assert_eq!(planned(&[("client_id", "cli_1"), ("client_id", "cli_1")], ANNA, ANNA), LogoutPlan::Confirm { redirect: None });
    }

    #[test]
    fn a16_foreign_targets_are_not_followed() {
        for uri in ["https://evil.test/", "https://rp1.test/bye/", "https://rp1.test/bye?x=1", "HTTPS://rp1.test/bye"] {
            let pairs = [("post_logout_redirect_uri", uri), ("state", "s")];
            assert_eq!(planned(&pairs, ANNA, ANNA), LogoutPlan::Confirm { redirect: None }, "{uri}");
        }
        assert_eq!(planned(&[("post_logout_redirect_uri", BYE)], None, ANNA), LogoutPlan::Confirm { redirect: None });
        let foreign = [("post_logout_redirect_uri", BYE), ("client_id", "cli_2")];
        assert_eq!(planned(&foreign, None, ANNA), LogoutPlan::Confirm { redirect: None });
    }

    #[test]
    fn a_fitting_hint_ends_the_session_and_state_comes_back() {
        let pairs = [("post_logout_redirect_uri", BYE), ("state", "a b&\"")];
        let back = Some("https://rp1.test/bye?state=a%20b%26%22".to_owned());

        assert_eq!(planned(&pairs, ANNA, ANNA), LogoutPlan::End { redirect: back.clone() });
        assert_eq!(planned(&pairs, ANNA, None), LogoutPlan::End { redirect: back.clone() });
        assert_eq!(planned(&[pairs[0], pairs[1], ("client_id", "cli_1")], None, ANNA), LogoutPlan::Confirm { redirect: back });
        assert_eq!(planned(&[], ANNA, ANNA), LogoutPlan::End { redirect: None });
    }
}
