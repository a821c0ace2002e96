//! Static files below `templates/assets/`, addressed by the hash of their content.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Error, ErrorKind};

use super::render::Files;

/// A static file, ready to be sent.
#[derive(Clone, Debug)]
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    pub content_type: &'static str,
    /// Strong entity tag with its quotes (RFC 9110 8.8.3).
    pub etag: String,
    /// True when it was asked for by the hash of this very content, so that it may be kept for a year.
    pub immutable: bool,
}

struct Stored {
    hash: String,
    asset: Asset,
}

static ASSETS: LazyLock<BTreeMap<String, Stored>> = LazyLock::new(|| {
    let names = Files::iter().filter_map(|file| Some((file.strip_prefix("assets/")?.to_owned(), file)));
    names.filter_map(|(name, file)| Some((name.clone(), stored(&name, Files::get(&file)?)?))).collect()
});

fn stored(name: &str, file: rust_embed::EmbeddedFile) -> Option<Stored> {
    let content_type = match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        _ => return None,
    };
    let hash: String = file.metadata.sha256_hash().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    Some(Stored { hash, asset: Asset { bytes: file.data, content_type, etag, immutable: false } })
}

/// The static file behind `/assets/<path>`, where the path is `name` or `<hash>/name`. A stale hash still
/// finds the file (another node may run another version), but not as immutable.
pub fn asset(path: &str) -> Option<Asset> {
    if let Some(stored) = ASSETS.get(path) {
        return Some(stored.asset.clone());
    }
    let (hash, name) = path.split_once('/')?;
    let stored = ASSETS.get(name).filter(|_| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))?;
    Some(Asset { immutable: stored.hash == hash, ..stored.asset.clone() })
}

/// The address of a static file, with the hash of its content. Nothing in it needs escaping.
pub(super) fn url(name: &str) -> Result<String, Error> {
    let stored = ASSETS.get(name).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no asset {name}")))?;
    Ok(format!("/assets/{}/{name}", stored.hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_kept_for_ever_only_under_its_own_hash() {
        let url = url("app.css").unwrap();
        let found = asset(url.strip_prefix("/assets/").unwrap()).unwrap();

        assert!(found.immutable);
        assert_eq!(found.content_type, "text/css; charset=utf-8");
        assert!(!asset("app.css").unwrap().immutable);
        assert!(!asset("0123456789abcdef/app.css").unwrap().immutable);
    }

    #[test]
    fn nothing_but_assets_is_served() {
        for path in ["", "nope.css", "../base.html", "text/en.toml", "x/app.css", "0123456789abcdef/../base.html", "/app.css"] {
            assert!(asset(path).is_none(), "{path}");
        }
    }
}
