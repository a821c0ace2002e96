//! Sectors of pairwise subjects (OpenID Connect Core 8.1): clients of one sector know a person by the same name.
use url::Url;

use crate::model::{Client, ClientMetadata, SubjectType};

/// The sector of a client that knows people by pairwise names; none for one with public ones.
pub fn sector(client: &Client) -> Option<String> {
    if client.metadata.subject_type == SubjectType::Public {
        return None;
    }
    let uri = client.metadata.sector_identifier_uri.as_ref().or(client.metadata.redirect_uris.first());
    Some(uri.and_then(|uri| host(uri)).unwrap_or_else(|| client.id.to_string()))
}

fn host(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}

/// This machine itself: whether that may be asked is for the configuration to say.
fn is_local(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// What is wrong with how a client wants to know people.
pub fn fault(metadata: &ClientMetadata) -> Option<(&'static str, &'static str)> {
    if let Some(uri) = &metadata.sector_identifier_uri
        && !Url::parse(uri).is_ok_and(|url| url.has_host() && (url.scheme() == "https" || is_local(&url)))
    {
        return Some(("sector_identifier_uri", "must be an https address"));
    }
    if metadata.subject_type == SubjectType::Public || metadata.sector_identifier_uri.is_some() {
        return None;
    }
    // OpenID Connect Core 8.1: several hosts need a document that joins them.
    let mut hosts: Vec<Option<String>> = metadata.redirect_uris.iter().map(|uri| host(uri)).collect();
    hosts.dedup();
    match hosts.as_slice() {
        [Some(_)] => None,
        _ => Some(("sector_identifier_uri", "is needed for pairwise subjects unless all redirect URIs have one host")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::testing::client;

    #[test]
    fn the_sector_is_the_host_of_the_sector_uri_or_of_the_redirect_uris() {
        let mut client = client();
        assert_eq!(sector(&client), None);

        client.metadata.subject_type = SubjectType::Pairwise;
        assert_eq!(sector(&client).as_deref(), Some("rp1.test"));

        client.metadata.sector_identifier_uri = Some("https://group.test/sector.json".into());
        assert_eq!(sector(&client).as_deref(), Some("group.test"));
    }

    #[test]
    fn several_hosts_need_a_sector_uri() {
        let mut metadata = client().metadata;
        metadata.subject_type = SubjectType::Pairwise;
        assert_eq!(fault(&metadata), None);

        metadata.redirect_uris.push("https://rp2.test/cb".into());
        assert!(fault(&metadata).is_some());

        metadata.sector_identifier_uri = Some("http://group.test/".into());
        assert!(fault(&metadata).is_some());
        metadata.sector_identifier_uri = Some("https://group.test/s.json".into());
        assert_eq!(fault(&metadata), None);
    }
}
