//! The doors of the three consoles. An extractor is the permission check: a handler that takes `TenantAdmin<People>`
//! cannot run without it, and what it hands over was loaded from rows at this very request.
//!
//! ```ignore
//! pub async fn show(admin: TenantAdmin<rights::People>) -> Result<Response, WebError> {
//!     admin.page("people").show(&People { .. })
//! }
//! pub async fn remove(Fresh(admin): Fresh<TenantAdmin<rights::People>>, Path((_, id)): Path<(String, String)>, _: Checked) …
//! ```
//! Signed out: the way to sign in and back. Another tenant's address: 404, as if it were not there. A right that is
//! missing: 403. [`Fresh`] asks to sign in again when that was more than a few minutes ago: for steps that destroy
//! something (security.md E08). The address of each form should have a page of its own (`get` beside `post`), since that
//! is where signing in leads back to; where it has none, the page above is shown.
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use axum::http::{Method, request::Parts};
use axum::response::{IntoResponse, Response};

use super::super::error::WebError;
use super::inside::{Inside, enter, way_back};
use super::who::Age;
use crate::app::App;
use crate::model::Tenant;
use crate::policy::permission::TenantScope;
use crate::service::rights::{Admission, Admitted, admit, owed_by_operator};
use crate::service::support::{STANDING, note_look};
use crate::world::Timestamp;

/// What a page of a tenant's administration needs: one type for each right.
pub mod rights {
    use crate::policy::permission::Right;

    pub trait Needs: Send + Sync + 'static {
        /// None: whatever opens the administration is enough.
        const RIGHT: Option<Right>;
    }

    macro_rules! needs {
        ($($name:ident),+) => { $(
            pub struct $name;
            impl Needs for $name {
                const RIGHT: Option<Right> = Some(Right::$name);
            }
        )+ };
    }
    needs!(People, Groups, Locations, Policies, Branding, Audit);

    /// Any right that opens the administration.
    pub struct Any;
    impl Needs for Any {
        const RIGHT: Option<Right> = None;
    }
}

/// A way into a console.
pub trait Door: Sized {
    fn open(parts: &mut Parts, app: &Arc<App>, age: Age) -> impl Future<Output = Result<Self, Response>> + Send;
}

/// A person in the own account.
pub struct Account(pub Inside);

impl Deref for Account {
    type Target = Inside;
    fn deref(&self) -> &Inside {
        &self.0
    }
}

impl Door for Account {
    async fn open(parts: &mut Parts, app: &Arc<App>, age: Age) -> Result<Self, Response> {
        enter(parts, app, age, "/account").await.map(Self)
    }
}

/// Somebody who may arrange things in the tenant that the path names.
pub struct TenantAdmin<N: rights::Needs = rights::Any> {
    inside: Inside,
    /// As its row is at this moment.
    pub tenant: Tenant,
    /// Who acts, where, and with which rights: for the use cases behind the pages.
    pub scope: TenantScope,
    /// Until when an operator may be here whom the tenant let in.
    pub support_until: Option<Timestamp>,
    needs: PhantomData<N>,
}

impl<N: rights::Needs> Deref for TenantAdmin<N> {
    type Target = Inside;
    fn deref(&self) -> &Inside {
        &self.inside
    }
}

impl<N: rights::Needs> Door for TenantAdmin<N> {
    async fn open(parts: &mut Parts, app: &Arc<App>, age: Age) -> Result<Self, Response> {
        let inside = enter(parts, app, age, "/admin").await?;
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| WebError::not_found().into_response())?;
        let handle = path.iter().find(|(name, _)| *name == "tenant").map_or("", |(_, handle)| handle);
        let admission = admit(app, &inside.person, &inside.session, handle, inside.now).await;
        match admission.map_err(|failure| WebError::from(failure).into_response())? {
            Admission::In(admitted) if N::RIGHT.is_none_or(|right| admitted.scope.may(right)) => {
                let Admitted { tenant, scope, support_until } = *admitted;
                if scope.support().is_some() {
                    let deed = path.iter().find(|(name, _)| *name == "deed").map_or("", |(_, deed)| deed);
                    if !support_may(parts, deed) {
                        return Err(WebError::forbidden().into_response());
                    }
                    let route = parts.extensions.get::<MatchedPath>().map_or("-", MatchedPath::as_str);
                    let noted = note_look(app, &scope, route, &inside.guest.visitor.network, inside.now).await;
                    noted.map_err(|failure| WebError::from(failure).into_response())?;
                }
                Ok(Self { inside, tenant, scope, support_until, needs: PhantomData })
            }
            Admission::In(_) | Admission::Refused => Err(WebError::forbidden().into_response()),
            Admission::NotThere => Err(WebError::not_found().into_response()),
            Admission::NeedsFactor(acr, tenant) => Err(inside.prove(acr, Some(&tenant), &way_back(parts, "/admin")).await),
        }
    }
}

/// Whom the tenant let in reads every page and changes people's standing, nothing else: no credentials, no rights, no rules.
fn support_may(parts: &Parts, deed: &str) -> bool {
    matches!(parts.method, Method::GET | Method::HEAD) || STANDING.contains(&deed)
}

/// Somebody who runs the instance, proved with the own second factor where there is one.
pub struct Operator(pub Inside);

impl Deref for Operator {
    type Target = Inside;
    fn deref(&self) -> &Inside {
        &self.0
    }
}

impl Door for Operator {
    async fn open(parts: &mut Parts, app: &Arc<App>, age: Age) -> Result<Self, Response> {
        let inside = enter(parts, app, age, "/operator").await?;
        if !inside.person.operator {
            return Err(WebError::forbidden().into_response());
        }
        match owed_by_operator(&inside.person, &inside.session) {
            Some(acr) => Err(inside.prove(acr, None, &way_back(parts, "/operator")).await),
            None => Ok(Self(inside)),
        }
    }
}

/// The same, by somebody who signed in a moment ago.
pub struct Fresh<T>(pub T);

impl<T: Door> FromRequestParts<Arc<App>> for Fresh<T> {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        T::open(parts, app, Age::Fresh).await.map(Self)
    }
}

macro_rules! extractors {
    ($($door:ty $(, $n:ident)?;)+) => { $(
        impl$(<$n: rights::Needs>)? FromRequestParts<Arc<App>> for $door {
            type Rejection = Response;
            async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
                Self::open(parts, app, Age::Any).await
            }
        }
    )+ };
}
extractors! { Account; Operator; TenantAdmin<N>, N; }
