//! Resource indicators (RFC 8707): which resource servers an authorization, and each access token of it, is for.
use url::Url;

/// May this name an API? An absolute URI without fragment (RFC 8707 2).
pub fn is_identifier(text: &str) -> bool {
    text.len() <= 512 && !text.contains('#') && text.bytes().all(|b| b.is_ascii_graphic()) && Url::parse(text).is_ok()
}
