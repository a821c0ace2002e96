//! Which client a certificate names (RFC 8705 2.1).
use std::net::IpAddr;

use crate::model::ClientMetadata;

/// What a certificate says; that its sender has the key was proven by TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Subject as it is encoded: attribute type and value, the most general first.
    pub subject: Vec<(String, String)>,
    pub dns: Vec<String>,
    pub uris: Vec<String>,
    pub ips: Vec<IpAddr>,
    pub emails: Vec<String>,
}

/// Does the certificate name the client in the one way that it registered (RFC 8705 2.1.2)?
pub fn names(certificate: &Certificate, metadata: &ClientMetadata) -> bool {
    if registered(metadata) != 1 {
        return false;
    }
    let text = |wanted: &Option<String>, found: &[String]| wanted.as_ref().is_some_and(|wanted| found.contains(wanted));
    let m = metadata;
    m.tls_client_auth_subject_dn.as_deref().is_some_and(|dn| same_name(dn, &certificate.subject))
        || m.tls_client_auth_san_dns.as_ref().is_some_and(|name| certificate.dns.iter().any(|found| found.eq_ignore_ascii_case(name)))
        || text(&m.tls_client_auth_san_uri, &certificate.uris)
        || m.tls_client_auth_san_ip.as_ref().and_then(|ip| ip.parse().ok()).is_some_and(|ip| certificate.ips.contains(&ip))
        || text(&m.tls_client_auth_san_email, &certificate.emails)
}

/// In how many ways the client is named; exactly one is allowed.
pub fn registered(m: &ClientMetadata) -> usize {
    let ways = [
        &m.tls_client_auth_subject_dn,
        &m.tls_client_auth_san_dns,
        &m.tls_client_auth_san_uri,
        &m.tls_client_auth_san_ip,
        &m.tls_client_auth_san_email,
    ];
    ways.into_iter().filter(|way| way.is_some()).count()
}

/// RFC 4514 2.1: the text begins with the last of the encoded names. Values are compared exactly.
fn same_name(text: &str, subject: &[(String, String)]) -> bool {
    let Some(parsed) = distinguished_name(text) else { return false };
    let same = |((kind, value), (found_kind, found)): (&(String, String), &(String, String))| {
        kind.eq_ignore_ascii_case(found_kind) && value == found
    };
    !parsed.is_empty() && parsed.len() == subject.len() && parsed.iter().zip(subject.iter().rev()).all(same)
}

/// Reads a name of RFC 4514 3 into its parts. None when it is malformed, or has several values in one part.
pub fn distinguished_name(text: &str) -> Option<Vec<(String, String)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (kind, tail) = rest.split_once('=')?;
        let (value, tail) = value(tail)?;
        let kind = kind.trim();
        if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') {
            return None;
        }
        parts.push((kind.to_owned(), value));
        match tail {
            None => return Some(parts),
            Some(tail) => rest = tail,
        }
    }
}

/// One value up to an unescaped comma, and what follows it.
fn value(text: &str) -> Option<(String, Option<&str>)> {
    let bytes = text.as_bytes();
    let mut value = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b',' => return Some((finished(value)?, Some(&text[at + 1..]))),
            b'+' | b';' | b'<' | b'>' | b'"' => return None,
            b'\\' => {
                let digits = |pair: &&[u8]| pair.iter().all(u8::is_ascii_hexdigit);
                let pair = bytes.get(at + 1..at + 3).filter(digits).and_then(|pair| std::str::from_utf8(pair).ok());
                match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
                    Some(escaped) => (value.push(escaped), at += 3).1,
                    None => (value.push(*bytes.get(at + 1)?), at += 2).1,
                }
                continue;
            }
            plain => value.push(plain),
        }
        at += 1;
    }
    Some((finished(value)?, None))
}

fn finished(value: Vec<u8>) -> Option<String> {
    String::from_utf8(value).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(kind, value)| ((*kind).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_name_is_read_as_rfc_4514_writes_it() {
        // RFC 4514 4 shows these.
        let table = [
            ("UID=jsmith,DC=example,DC=net", Some(pairs(&[("UID", "jsmith"), ("DC", "example"), ("DC", "net")]))),
            ("CN=James \\\"Jim\\\" Smith\\, III,DC=net", Some(pairs(&[("CN", "James \"Jim\" Smith, III"), ("DC", "net")]))),
            ("CN=Before\\0dAfter,DC=net", Some(pairs(&[("CN", "Before\rAfter"), ("DC", "net")]))),
            ("CN=Lu\\C4\\8Di\\C4\\87", Some(pairs(&[("CN", "Lučić")]))),
            ("CN=R\\+D,O=\\+1", Some(pairs(&[("CN", "R+D"), ("O", "+1")]))),
            ("OU=Sales+CN=J.  Smith,DC=net", None),
            ("CN=", None),
            ("CN", None),
            ("", None),
            ("CN=a,", None),
            ("CN=a\\", None),
        ];
        for (text, expected) in table {
            assert_eq!(distinguished_name(text), expected, "{text}");
        }
    }

    #[test]
    fn a_certificate_names_the_client_in_the_registered_way_alone() {
        let certificate = Certificate {
            subject: pairs(&[("C", "DE"), ("O", "Acme"), ("CN", "job")]),
            dns: vec!["job.acme.test".into()],
            uris: vec!["spiffe://acme/job".into()],
            ips: vec![IpAddr::from([10, 0, 0, 7])],
            emails: vec!["job@acme.test".into()],
        };
        let with = |change: fn(&mut ClientMetadata)| {
            let mut metadata = ClientMetadata::default();
            change(&mut metadata);
            names(&certificate, &metadata)
        };

        assert!(with(|m| m.tls_client_auth_subject_dn = Some("CN=job,O=Acme,C=DE".into())));
        assert!(with(|m| m.tls_client_auth_san_dns = Some("JOB.acme.test".into())));
        assert!(with(|m| m.tls_client_auth_san_uri = Some("spiffe://acme/job".into())));
        assert!(with(|m| m.tls_client_auth_san_ip = Some("10.0.0.7".into())));
        assert!(with(|m| m.tls_client_auth_san_email = Some("job@acme.test".into())));
        for dn in ["C=DE,O=Acme,CN=job", "CN=job", "CN=job,O=Acme", "CN=JOB,O=Acme,C=DE", "CN=job,O=Acme,C=DE,C=DE"] {
            let metadata = ClientMetadata { tls_client_auth_subject_dn: Some(dn.into()), ..ClientMetadata::default() };
            assert!(!names(&certificate, &metadata), "{dn}");
        }
        assert!(!with(|m| m.tls_client_auth_san_dns = Some("acme.test".into())));
        assert!(!with(|m| m.tls_client_auth_san_ip = Some("not an address".into())));
        assert!(!with(|_| {}), "nothing is registered");
        assert!(!with(|m| (m.tls_client_auth_san_dns, m.tls_client_auth_san_ip) = (Some("job.acme.test".into()), Some("10.0.0.7".into()))));
    }
}
