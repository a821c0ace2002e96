//! Decoding of `application/x-www-form-urlencoded` (WHATWG URL 5.1), strictly: what is not UTF-8 or has a broken
//! `%` is refused instead of mended.
use super::error::{ErrorCode, OAuthError, Reason};

/// Decodes a query or a form body into its pairs.
///
/// # Errors
/// `invalid_request` for broken escapes and bytes that are not UTF-8.
pub fn decode(text: &[u8]) -> Result<Vec<(String, String)>, OAuthError> {
    let pairs = text.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let cut = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            let value = pair.get(cut + 1..).unwrap_or_default();
            Some((component(&pair[..cut])?, component(value)?))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| OAuthError::new(ErrorCode::InvalidRequest, "The request is not properly form-encoded", Reason::BodyMalformed))
}

/// Decodes one name or value; nothing when it is malformed.
pub fn component(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (&high, tail) = rest.split_first()?;
                let (&low, tail) = tail.split_first()?;
                bytes.push(hex(high)? << 4 | hex(low)?);
                rest = tail;
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let pairs = decode(b"a=1&b=x+y%20z&&c&d=%C3%A4=e").expect("well formed");

        let expected = [("a", "1"), ("b", "x y z"), ("c", ""), ("d", "\u{e4}=e")];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn f14_broken_escapes_and_other_encodings_are_refused() {
        for text in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%ff", b"a=\xe4", b"%c3=1"] {
            assert_eq!(decode(text).expect_err("malformed").reason, Reason::BodyMalformed, "{text:?}");
        }
    }
}
