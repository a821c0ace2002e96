//! Addresses in a client's metadata beside those that people are sent back to: keys, logout, pages about the application.
use url::Url;

use crate::model::ClientMetadata;

/// The addresses, each with its member. `request_uris` are among them although they are checked elsewhere.
pub fn addresses(metadata: &ClientMetadata) -> Vec<(&'static str, &str)> {
    let one = [
        ("jwks_uri", &metadata.jwks_uri),
        ("sector_identifier_uri", &metadata.sector_identifier_uri),
        ("initiate_login_uri", &metadata.initiate_login_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
        ("frontchannel_logout_uri", &metadata.frontchannel_logout_uri),
        ("client_uri", &metadata.client_uri),
        ("logo_uri", &metadata.logo_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
    ];
    let named = one.into_iter().filter_map(|(field, uri)| Some((field, uri.as_deref()?)));
    named.chain(metadata.request_uris.iter().map(|uri| ("request_uris", uri.as_str()))).collect()
}

/// The first address that cannot be registered: the field, and what to do.
pub fn address_fault(metadata: &ClientMetadata) -> Option<(&'static str, String)> {
    // RFC 7591 2: never both.
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Some(("jwks_uri", "give the keys or where they are, not both".to_owned()));
    }
    let others = addresses(metadata).into_iter().filter(|(field, _)| *field != "request_uris");
    for (field, uri) in others {
        if let Some(fault) = fault_of(uri) {
            return Some((field, format!("\"{}\" {fault}", uri.escape_debug())));
        }
    }
    // Front-Channel Logout 2: scheme, host and port are those of a redirect URI.
    let origin = |uri: &String| Url::parse(uri).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
    let frame = metadata.frontchannel_logout_uri.as_ref().and_then(origin)?;
    let known = metadata.redirect_uris.iter().filter_map(origin).any(|redirect| redirect == frame);
    (!known).then(|| ("frontchannel_logout_uri", "must have the origin of a redirect URI".to_owned()))
}

/// https, or http to this machine (whether that is followed is a matter of the configuration); no fragment, no user name.
fn fault_of(uri: &str) -> Option<&'static str> {
    if uri.len() > 2048 || !uri.bytes().all(|b| b.is_ascii_graphic()) {
        return Some("must have at most 2048 ASCII characters");
    }
    // Back-Channel Logout 2.2, OpenID Connect Dynamic Client Registration 2.
    if uri.contains('#') {
        return Some("must not have a fragment");
    }
    let Ok(url) = Url::parse(uri) else { return Some("must be an absolute URI") };
    if !url.username().is_empty() || url.password().is_some() {
        return Some("must not have a user name or password");
    }
    let local = url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let good = local || url.scheme() == "https" && uri.starts_with("https://") && url.has_host();
    (!good).then_some("must use https")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn web() -> ClientMetadata {
        ClientMetadata { redirect_uris: vec!["https://app.example/cb".into()], ..ClientMetadata::default() }
    }

    #[test]
    fn k04_every_address_is_https_without_fragment_and_user() {
        type Field = (&'static str, fn(&mut ClientMetadata) -> &mut Option<String>);
        let fields: [Field; 9] = [
            ("jwks_uri", |m| &mut m.jwks_uri),
            ("sector_identifier_uri", |m| &mut m.sector_identifier_uri),
            ("initiate_login_uri", |m| &mut m.initiate_login_uri),
            ("backchannel_logout_uri", |m| &mut m.backchannel_logout_uri),
            ("frontchannel_logout_uri", |m| &mut m.frontchannel_logout_uri),
            ("client_uri", |m| &mut m.client_uri),
            ("logo_uri", |m| &mut m.logo_uri),
            ("policy_uri", |m| &mut m.policy_uri),
            ("tos_uri", |m| &mut m.tos_uri),
        ];
        let wrong = [
            "http://app.example/x",
            "https://app.example/x#y",
            "https://u@app.example/x",
            "/x",
            "javascript:alert(1)",
            "file:///etc",
            "https:app.example",
        ];

        for (name, field) in fields {
            for uri in wrong {
                let mut metadata = web();
                *field(&mut metadata) = Some(uri.to_owned());
                assert_eq!(address_fault(&metadata).map(|(field, _)| field), Some(name), "{uri}");
            }
            let mut metadata = web();
            *field(&mut metadata) = Some("https://app.example/x?y=z".to_owned());
            assert_eq!(address_fault(&metadata), None, "{name}");
        }
    }

    #[test]
    fn a_frame_has_the_origin_of_a_redirect_uri() {
        let frame = |uri: &str| ClientMetadata { frontchannel_logout_uri: Some(uri.to_owned()), ..web() };

        for uri in ["https://other.example/out", "https://app.example:8443/out"] {
            assert_eq!(address_fault(&frame(uri)).map(|(field, _)| field), Some("frontchannel_logout_uri"), "{uri}");
        }
        assert_eq!(address_fault(&frame("https://app.example:443/out")), None);
    }

    #[test]
    fn keys_are_given_once() {
        let both = ClientMetadata { jwks: Some(json!({ "keys": [] })), jwks_uri: Some("https://app.example/keys".into()), ..web() };

        assert_eq!(address_fault(&both).map(|(field, _)| field), Some("jwks_uri"));
    }
}
