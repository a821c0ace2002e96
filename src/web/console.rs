//! Putting a page into the frame of its console, and leading to the next one.
//!
//! ```ignore
//! admin.page("groups").crumb("Groups", admin.path("groups")).done(&query).show(&content)   // 200
//! admin.page("groups").refuse(&content)                                                    // 422, what was typed stays
//! admin.go("groups", Some(Flash::Saved))                                                   // 303 …/groups?done=saved
//! ```
use axum::http::StatusCode;
use axum::response::Response;

use super::account::picture;
use super::error::WebError;
use super::extract::{Account, Inside, Operator, Query, TenantAdmin, rights};
use super::view;
use crate::model::TenantId;
use crate::pages::console::nav::{self, Shown};
use crate::pages::console::{Area, Crumb, Flash, Frame, FrameTenant, Moment};
use crate::pages::{Announced, Chrome, Dismiss, Page};
use crate::policy::permission::Right;
use crate::service::announcements;

/// A page on its way out.
pub struct Console<'a> {
    inside: &'a Inside,
    chrome: Chrome,
    frame: Frame,
}

impl Console<'_> {
    /// A page above this one, below the console's start page.
    pub fn crumb(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.frame.crumbs.push(Crumb { key: None, text: text.into(), href: href.into() });
        self
    }

    /// The page of a menu item above this one.
    pub fn under(mut self, key: &'static str) -> Self {
        if let Some(entry) = nav::find(self.frame.area, key) {
            let href = nav::href(&self.frame.base, entry.path);
            self.frame.crumbs.push(Crumb { key: Some(key), text: String::new(), href });
        }
        self
    }

    /// Says what happened just now, if the address does (`?done=`).
    pub fn done(mut self, query: &Query) -> Self {
        self.frame.flash = Flash::of(query.0.get("done"));
        self
    }

    pub fn show<P: Page>(self, content: &P) -> Result<Response, WebError> {
        self.show_with(StatusCode::OK, content)
    }

    /// The page again, with what is wrong with the form.
    pub fn refuse<P: Page>(self, content: &P) -> Result<Response, WebError> {
        self.show_with(StatusCode::UNPROCESSABLE_ENTITY, content)
    }

    pub fn show_with<P: Page>(self, status: StatusCode, content: &P) -> Result<Response, WebError> {
        let chrome = Chrome { console: Some(self.frame), ..self.chrome };
        view::page_with(status, &self.inside.app, &self.inside.guest, &chrome, content)
    }
}

/// What is announced to everybody and to these tenants, but for what was put away in this browser.
fn announced(inside: &Inside, base: &str, tenants: &[TenantId]) -> Vec<Announced> {
    // Without the query, which anybody may have put there (security.md A08).
    let page = inside.address.as_deref().map_or(base, |address| address.split('?').next().unwrap_or(base));
    let registered = inside.app.registered();
    let here = announcements::in_consoles(&registered, tenants, inside.now).into_iter().map(|one| (announcements::mark(one), one));
    here.filter(|(mark, _)| !mark.as_ref().is_some_and(|mark| inside.guest.has_dismissed(mark)))
        .map(|(mark, one)| Announced {
            dismiss: mark.map(|mark| Dismiss { mark, back: page.to_owned() }),
            ..view::announced(one, inside.guest.visitor.locale)
        })
        .collect()
}

/// The frame of a console around the page of a menu item.
fn begin<'a>(inside: &'a Inside, area: Area, base: &str, current: &str, may: impl Fn(Right) -> bool) -> Console<'a> {
    let mut chrome = view::chrome(&inside.app, &inside.guest);
    chrome.announced = announced(inside, base, &[]);
    chrome.signed_in = Some(inside.person.name());
    if let Some(address) = &inside.address {
        // Without the query, which anybody may have put there (security.md A08).
        chrome.lang_links = view::languages(address.split('?').next().unwrap_or_default());
    }
    let shown = |shown: Shown| match shown {
        Shown::Always => true,
        Shown::To(right) => may(right),
        Shown::WhileInvited => inside.around.open_invitations > 0,
    };
    let frame = Frame {
        area,
        base: base.to_owned(),
        nav: nav::items(area, base, current, shown),
        crumbs: Vec::new(),
        tenant: None,
        several: inside.around.places.len() > 1,
        administration: inside.around.places.iter().any(|place| place.administers),
        operation: inside.person.operator,
        picture: inside.around.picture.as_ref().map(|id| picture::href(&inside.person.id, id)),
        flash: None,
        support: None,
    };
    Console { inside, chrome, frame }
}

fn see(address: String, flash: Option<Flash>) -> Response {
    let joint = if address.contains('?') { '&' } else { '?' };
    view::see_other(&flash.map_or_else(|| address.clone(), |flash| format!("{address}{joint}done={}", flash.key())))
}

impl Account {
    pub fn page(&self, current: &str) -> Console<'_> {
        let mut console = begin(self, Area::Account, "/account", current, |_| false);
        let tenants: Vec<TenantId> = self.around.places.iter().map(|place| place.tenant.id.clone()).collect();
        console.chrome.announced = announced(self, "/account", &tenants);
        console.frame.tenant = self.around.at_hand().map(|place| FrameTenant {
            name: place.tenant.display_name().to_owned(),
            number: place.tenant.number.clone(),
            logo: view::branded(&self.app, &self.guest, Some(&place.tenant)).brand.and_then(|brand| brand.logo),
        });
        console
    }

    pub fn path(&self, below: &str) -> String {
        nav::href("/account", below)
    }

    pub fn go(&self, below: &str, flash: Option<Flash>) -> Response {
        see(self.path(below), flash)
    }
}

impl<N: rights::Needs> TenantAdmin<N> {
    fn base(&self) -> String {
        format!("/admin/{}", self.tenant.slug)
    }

    pub fn page(&self, current: &str) -> Console<'_> {
        let mut console = begin(self, Area::Admin, &self.base(), current, |right| self.scope.may(right));
        console.chrome.brand = view::branded(&self.app, &self.guest, Some(&self.tenant)).brand;
        console.chrome.announced = announced(self, &self.base(), std::slice::from_ref(&self.tenant.id));
        console.frame.support = self.support_until.map(Moment::of);
        console.frame.tenant = Some(FrameTenant {
            name: self.tenant.display_name().to_owned(),
            number: self.tenant.number.clone(),
            logo: console.chrome.brand.as_ref().and_then(|brand| brand.logo.clone()),
        });
        console
    }

    /// An address in this tenant's administration.
    pub fn path(&self, below: &str) -> String {
        nav::href(&self.base(), below)
    }

    /// The address of a menu item, if there is one that this person may see.
    pub fn find(&self, key: &str) -> Option<String> {
        let entry = nav::find(Area::Admin, key)?;
        let open = match entry.shown {
            Shown::To(right) => self.scope.may(right),
            Shown::Always | Shown::WhileInvited => true,
        };
        open.then(|| self.path(entry.path))
    }

    pub fn go(&self, below: &str, flash: Option<Flash>) -> Response {
        see(self.path(below), flash)
    }
}

impl Operator {
    pub fn page(&self, current: &str) -> Console<'_> {
        begin(self, Area::Operator, "/operator", current, |_| false)
    }

    pub fn path(&self, below: &str) -> String {
        nav::href("/operator", below)
    }

    pub fn go(&self, below: &str, flash: Option<Flash>) -> Response {
        see(self.path(below), flash)
    }
}
