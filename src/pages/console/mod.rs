//! The frame of the three consoles: `/account`, `/admin/<tenant>`, `/operator`. One template (`console.html`), three
//! navigations. What stands inside is built from the macros of `parts/console.html`, whose notes say how.
//!
//! A new page: a struct with `Page`, a template that extends `console.html`, a line in [`nav`], one in `web/routes.rs`.
mod account;
mod admin;
mod belonging;
mod details;
mod groups;
mod kit;
mod log;
mod microsoft;
pub mod nav;
mod operate;
mod operator;
mod own;
mod parts;
mod people;
mod support;
mod why;

pub use account::*;
pub use admin::*;
pub use belonging::*;
pub use details::*;
pub use groups::*;
pub use kit::*;
pub use log::*;
pub use microsoft::*;
pub use nav::Area;
pub use operate::*;
pub use operator::*;
pub use own::*;
pub use parts::*;
pub use people::*;
pub use support::*;
pub use why::*;

use serde::Serialize;

use super::gallery::{Specimen, specimens};
use super::{Brand, Chrome, Page};

/// What surrounds a page of a console. Goes into [`Chrome::console`].
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    pub area: Area,
    /// Where the links of this console begin: `/admin/acme`.
    pub base: String,
    pub nav: Vec<NavItem>,
    /// The pages above this one, below the console's start page.
    pub crumbs: Vec<Crumb>,
    /// The tenant that this administration is about: whoever works for several always sees it (people.md K5, S50).
    pub tenant: Option<FrameTenant>,
    /// The person belongs to several tenants.
    pub several: bool,
    /// Other consoles that are open to the person.
    pub administration: bool,
    pub operation: bool,
    /// Path of the person's picture.
    pub picture: Option<String>,
    pub flash: Option<Flash>,
    /// The reader is an operator whom the tenant let in, until then.
    pub support: Option<Moment>,
}

#[derive(Clone, Debug, Serialize)]
pub struct NavItem {
    /// Its text is `console.nav.<area>.<key>`, its drawing that of the key in `parts/console.html`.
    pub key: &'static str,
    pub href: String,
    pub current: bool,
    /// A new group of items begins here.
    pub apart: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Crumb {
    /// Of a menu item, which says its own text.
    pub key: Option<&'static str>,
    pub text: String,
    pub href: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct FrameTenant {
    pub name: String,
    /// Customer or company ID.
    pub number: String,
    pub logo: Option<String>,
}

/// What happened just now, said once at the top of the page: `?done=<key>`, so that no cookie carries a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    Saved,
    Created,
    Removed,
    SessionEnded,
    SessionsEnded,
    TenantChosen,
    AccessRevoked,
    Invited,
    LinkSent,
    Joined,
    Declined,
    Left,
    GroupJoined,
    GroupLeft,
}

impl Flash {
    pub const ALL: [Self; 14] = [
        Self::Saved,
        Self::Created,
        Self::Removed,
        Self::SessionEnded,
        Self::SessionsEnded,
        Self::TenantChosen,
        Self::AccessRevoked,
        Self::Invited,
        Self::LinkSent,
        Self::Joined,
        Self::Declined,
        Self::Left,
        Self::GroupJoined,
        Self::GroupLeft,
    ];

    /// As it stands in an address.
    pub fn key(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flash| flash.key() == key)
    }
}

impl Frame {
    /// A frame with everything in it, for samples and for tests of pages.
    pub fn sample(area: Area) -> Self {
        let base = match area {
            Area::Account => "/account",
            Area::Admin => "/admin/northwind",
            Area::Operator => "/operator",
        };
        let current = nav::of(area).get(1).map_or("overview", |entry| entry.key);
        Self {
            area,
            base: base.to_owned(),
            nav: nav::items(area, base, current, |_| true),
            crumbs: Vec::new(),
            tenant: (area == Area::Admin).then(|| FrameTenant {
                name: "Northwind Foods GmbH".to_owned(),
                number: "100 482".to_owned(),
                logo: None,
            }),
            several: true,
            administration: true,
            operation: true,
            picture: Some("/picture/per_1?v=pic_1".to_owned()),
            flash: None,
            support: None,
        }
    }

    /// A chrome with this frame in it.
    pub fn around(self, chrome: &Chrome) -> Chrome {
        let brand = self.tenant.as_ref().map(|tenant| Brand {
            tenant_id: "ten_1".to_owned(),
            name: tenant.name.clone(),
            logo: None,
            contact: None,
            greeting: None,
        });
        Chrome { brand, console: Some(self), ..chrome.clone() }
    }
}

/// The samples of a page of a console, each in a frame of its area.
pub fn framed<P: Page + Send + Sync + 'static>(area: Area) -> Vec<Specimen> {
    framed_in::<P>(Frame::sample(area))
}

/// The same in a frame of one's own making.
pub fn framed_in<P: Page + Send + Sync + 'static>(frame: Frame) -> Vec<Specimen> {
    let in_frame = |specimen: Specimen| {
        let (frame, draw) = (frame.clone(), specimen.draw);
        Specimen { draw: Box::new(move |pages, chrome| draw(pages, &frame.clone().around(chrome))), ..specimen }
    };
    specimens::<P>().into_iter().map(in_frame).collect()
}

/// Every page of the consoles, and the frame in its rarer states.
pub(super) fn gallery() -> Vec<Specimen> {
    let crumb = Crumb { key: None, text: "Groups".to_owned(), href: "/admin/northwind/groups".to_owned() };
    let plain = Frame { several: false, administration: false, operation: false, picture: None, ..Frame::sample(Area::Account) };
    let mut all = framed::<AccountHome>(Area::Account);
    all.extend(framed::<AdminHome>(Area::Admin));
    all.extend(framed::<OperatorHome>(Area::Operator));
    all.extend(framed::<ChooseAdmin>(Area::Account));
    all.extend(people::gallery());
    all.extend(why::gallery());
    all.extend(framed::<Kit>(Area::Admin));
    all.extend(framed::<OwnTenants>(Area::Account));
    all.extend(framed::<Sessions>(Area::Account));
    all.extend(framed::<Applications>(Area::Account));
    all.extend(framed::<Activity>(Area::Account));
    all.extend(framed::<AuditLog>(Area::Admin));
    all.extend(framed::<PermissionMatrix>(Area::Admin));
    all.extend(framed::<AdminSupport>(Area::Admin));
    all.extend(framed::<AdminMicrosoft>(Area::Admin));
    all.extend(details::gallery());
    all.extend(belonging::gallery());
    all.extend(operate::gallery());
    let told = |flash: Flash| (flash.key(), Frame { flash: Some(flash), ..Frame::sample(Area::Account) });
    let rare = Flash::ALL
        .map(told)
        .into_iter()
        .chain([("crumbs".to_owned(), Frame { crumbs: vec![crumb], ..Frame::sample(Area::Admin) }), ("plain".to_owned(), plain)])
        .chain([("support".to_owned(), Frame { support: Some(Moment::sample()), ..Frame::sample(Area::Admin) })]);
    for (name, frame) in rare {
        let first = framed_in::<AccountHome>(frame).into_iter().next();
        all.extend(first.map(|specimen| Specimen { name: Box::leak(format!("frame-{name}").into_boxed_str()), ..specimen }));
    }
    all
}
