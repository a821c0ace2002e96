//! The navigations: one line for each page of a console that stands in its menu.
use serde::Serialize;

use super::NavItem;
use crate::policy::permission::Right;

/// Which console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    Account,
    Admin,
    Operator,
}

/// When an item is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Always,
    /// To those who hold this right (people.md K3, S1).
    To(Right),
    /// While an invitation waits for the person (people.md K41).
    WhileInvited,
}

/// One item.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Text: `console.nav.<area>.<key>`; drawing: `nav_icon` in `parts/console.html`.
    pub key: &'static str,
    /// Below the console's base; empty for its start page.
    pub path: &'static str,
    pub shown: Shown,
    /// A new group begins here.
    pub apart: bool,
}

const fn entry(key: &'static str, path: &'static str, shown: Shown) -> Entry {
    Entry { key, path, shown, apart: false }
}

const fn apart(key: &'static str, path: &'static str, shown: Shown) -> Entry {
    Entry { key, path, shown, apart: true }
}

const ACCOUNT: &[Entry] = &[
    entry("overview", "", Shown::Always),
    entry("details", "details", Shown::Always),
    entry("security", "security", Shown::Always),
    entry("sessions", "sessions", Shown::Always),
    apart("tenants", "tenants", Shown::Always),
    entry("invitations", "invitations", Shown::WhileInvited),
    entry("groups", "groups", Shown::Always),
    entry("applications", "applications", Shown::Always),
    apart("activity", "activity", Shown::Always),
    entry("data", "data", Shown::Always),
];

const ADMIN: &[Entry] = &[
    entry("overview", "", Shown::Always),
    entry("people", "people", Shown::To(Right::People)),
    entry("groups", "groups", Shown::To(Right::Groups)),
    entry("locations", "locations", Shown::To(Right::Locations)),
    entry("permissions", "permissions", Shown::Always),
    apart("policies", "policies", Shown::To(Right::Policies)),
    entry("branding", "branding", Shown::To(Right::Branding)),
    entry("microsoft", "microsoft", Shown::To(Right::Policies)),
    apart("audit", "audit", Shown::To(Right::Audit)),
    entry("support", "support", Shown::To(Right::Policies)),
];

const OPERATOR: &[Entry] = &[
    entry("overview", "", Shown::Always),
    entry("tenants", "tenants", Shown::Always),
    entry("people", "people", Shown::Always),
    apart("clients", "clients", Shown::Always),
    entry("apis", "apis", Shown::Always),
    entry("registration", "registration", Shown::Always),
    apart("keys", "keys", Shown::Always),
    entry("mail", "mail", Shown::Always),
    entry("announcements", "announcements", Shown::Always),
];

/// The items of a console, shown or not.
pub const fn of(area: Area) -> &'static [Entry] {
    match area {
        Area::Account => ACCOUNT,
        Area::Admin => ADMIN,
        Area::Operator => OPERATOR,
    }
}

/// The items as the page shows them. `base`: where the console's links begin; `current`: the key of the page.
pub fn items(area: Area, base: &str, current: &str, shown: impl Fn(Shown) -> bool) -> Vec<NavItem> {
    let mut gap = false;
    let mut out = Vec::new();
    for entry in of(area) {
        gap |= entry.apart;
        if shown(entry.shown) {
            out.push(NavItem {
                key: entry.key,
                href: href(base, entry.path),
                current: entry.key == current,
                apart: gap && !out.is_empty(),
            });
            gap = false;
        }
    }
    out
}

/// An address below a console's base.
pub fn href(base: &str, path: &str) -> String {
    if path.is_empty() { base.to_owned() } else { format!("{base}/{path}") }
}

/// The page of a key, if the console has one.
pub fn find(area: Area, key: &str) -> Option<&'static Entry> {
    of(area).iter().find(|entry| entry.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_paths_are_there_once() {
        for area in [Area::Account, Area::Admin, Area::Operator] {
            let mut keys: Vec<_> = of(area).iter().map(|entry| entry.key).collect();
            let mut paths: Vec<_> = of(area).iter().map(|entry| entry.path).collect();
            keys.sort_unstable();
            paths.sort_unstable();
            let (mut one_key, mut one_path) = (keys.clone(), paths.clone());
            one_key.dedup();
            one_path.dedup();
            assert_eq!((keys, paths), (one_key, one_path), "{area:?}");
        }
    }

    #[test]
    fn a_group_whose_first_item_is_hidden_still_stands_apart() {
        let items = items(Area::Account, "/account", "security", |shown| shown == Shown::Always);

        assert_eq!(items[0].href, "/account");
        assert!(!items[0].apart, "nothing stands above the first one");
        assert!(items.iter().any(|item| item.current && item.href == "/account/security"));
    }
}
