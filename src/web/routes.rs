//! The one table of all routes.
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use super::error::WebError;
use super::{account, admin, assets, health, home, oidc, operator, signin, view};
use crate::app::App;
use crate::protocol::discovery::path;
use crate::protocol::logout::CHECK_SESSION;

/// Every route of a node.
pub fn router(app: Arc<App>) -> Router {
    pages(&app).merge(health()).merge(oidc::router(&app)).with_state(app)
}

/// The routes of the listener that asks clients for certificates (server.mtls_listen).
pub fn router_for_certificates(app: Arc<App>) -> Router {
    oidc::for_certificates(&app).with_state(app)
}

/// What supervisors ask; no cookies, no layers.
fn health() -> Router<Arc<App>> {
    Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready))
}

/// What people see in a browser. One layer gives all of them request ids, security headers and error pages.
fn pages(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home::show))
        .route("/assets/{*path}", get(assets::file))
        .route("/brand/{file}", get(assets::brand))
        .route("/brand/{tenant}/logo", get(assets::logo))
        .route("/login/start", get(home::sign_in))
        .route("/authorize", get(oidc::authorize::get).post(oidc::authorize::post))
        .route("/login", get(signin::login::show).post(signin::login::submit))
        .route("/login/code", get(signin::code::show).post(signin::code::submit))
        .route("/login/code/resend", post(signin::code::resend))
        .route("/login/passkey", post(signin::passkey::submit))
        .route("/login/passkey/options", post(signin::passkey::options))
        .route("/login/restart", post(signin::code::restart))
        .route("/login/password", get(signin::renewal::show).post(signin::renewal::submit))
        .route("/recovery", get(signin::recovery::show).post(signin::recovery::submit))
        .route("/recovery/{token}", get(signin::recovery::link))
        .route("/recovery/new", get(signin::recovery::choose).post(signin::recovery::finish))
        .route("/recovery/passkey", post(signin::recovery::passkey))
        .route("/recovery/passkey/options", post(signin::recovery::passkey_options))
        .route("/recovery/factor", post(signin::recovery::factor))
        .route("/login/upstream", post(signin::upstream::depart))
        .route("/federation/{connection}/callback", get(signin::upstream::callback))
        .route("/federation/resend", post(signin::upstream::send_again))
        .route("/invitation", get(signin::invitation::show).post(signin::invitation::submit))
        .route("/invitation/{token}", get(signin::invitation::link))
        .route("/invitation/upstream", post(signin::invitation::depart))
        .route("/invitation/confirm", get(signin::invitation::question).post(signin::invitation::decide))
        .route("/bootstrap", get(signin::bootstrap::show).post(signin::bootstrap::submit))
        .route("/bootstrap/{token}", get(signin::bootstrap::link))
        .route("/select-account", get(signin::account_choice::show).post(signin::account_choice::submit))
        .route("/select-tenant", get(signin::tenant::show).post(signin::tenant::submit))
        .route("/consent", get(signin::consent::show).post(signin::consent::submit))
        .route(path::DEVICE, get(signin::device::show).post(signin::device::submit))
        .route("/device/confirm", get(signin::device::compare).post(signin::device::decide))
        .route("/device/done", get(signin::device::done))
        .route("/end-session", get(oidc::logout::get).post(oidc::logout::post))
        .route("/logout", post(oidc::logout::confirm))
        .route(CHECK_SESSION, get(oidc::logout::check_session))
        .merge(consoles())
        .route("/account/email", get(account::email::show).post(account::email::submit))
        .route("/email/{token}", get(account::email::link))
        .route("/email/confirm", get(account::email::question).post(account::email::decide))
        .route("/account/password", get(account::password::show).post(account::password::submit))
        .route("/account/password/code", post(account::password::code))
        .merge(arranging())
        .route("/account/security", get(account::security::show))
        .route("/account/security/app", get(account::app_factor::show).post(account::app_factor::submit))
        .route("/account/security/email", post(account::security::email))
        .route("/account/security/passkey", get(account::passkeys::show).post(account::passkeys::submit))
        .route("/account/security/passkey/options", post(account::passkeys::options))
        .route("/account/security/passkey/use", post(account::security::passkeys))
        .route("/account/security/passkey/{id}", get(account::passkeys::edit).post(account::passkeys::rename))
        .route("/account/security/passkey/{id}/remove", post(account::passkeys::remove))
        .route("/account/security/off", post(account::security::off))
        .route("/account/security/recovery", post(account::security::recovery))
        .fallback(async || WebError::not_found())
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(Arc::clone(app), view::finish))
}

/// The pages inside the frame of a console. Rights are checked by the extractors of the handlers, never by the path.
fn consoles() -> Router<Arc<App>> {
    Router::new()
        .route("/account", get(account::home::show))
        .route("/account/tenants", get(account::own::tenants))
        .route("/account/tenants/{id}", post(account::own::choose_tenant))
        .route("/account/sessions", get(account::own::sessions).post(account::own::end_others))
        .route("/account/sessions/{id}", post(account::own::end_session))
        .route("/account/applications", get(account::own::applications))
        .route("/account/applications/{tenant}/{client}", post(account::own::revoke_application))
        .route("/account/activity", get(account::activity::show))
        .route("/account/announcements", post(account::announcements::dismiss))
        .route("/admin", get(admin::home::choose))
        .route("/admin/{tenant}", get(admin::home::show))
        .route("/admin/{tenant}/go", get(admin::go::show))
        .route("/admin/{tenant}/audit", get(admin::log::audit))
        .route("/admin/{tenant}/permissions", get(admin::log::permissions))
        .merge(people())
        .merge(groups())
        .route("/operator", get(operator::home::show))
        .route("/admin/{tenant}/policies", get(admin::policies::list))
        .route("/admin/{tenant}/policies/preset", post(admin::policies::preset))
        .route("/admin/{tenant}/policies/{topic}", get(admin::policies::form).post(admin::policies::submit))
        .route("/admin/{tenant}/branding", get(admin::branding::show).post(admin::branding::save))
        // The upload counts its bytes itself.
        .route("/admin/{tenant}/branding/logo", post(admin::branding::logo).layer(DefaultBodyLimit::disable()))
        .route("/admin/{tenant}/branding/logo/remove", post(admin::branding::remove_logo))
        .route("/admin/{tenant}/microsoft", get(admin::microsoft::show))
        .route("/admin/{tenant}/support", get(admin::support::show).post(admin::support::grant))
        .route("/admin/{tenant}/support/{id}/end", post(admin::support::end))
        .merge(operation())
        .merge(announcing())
        .merge(everybody())
}

/// People of all tenants.
fn everybody() -> Router<Arc<App>> {
    use operator::people::{deed, list, merge, person, why};
    Router::new()
        .route("/operator/people", get(list::show))
        .route("/operator/people/{id}", get(person::show))
        .route("/operator/people/{id}/erase", get(deed::ask_erase).post(deed::erase))
        .route("/operator/people/{id}/merge", get(merge::show).post(merge::submit))
        .route("/operator/people/{id}/why", get(why::show))
        .route("/operator/people/{id}/{deed}", get(deed::ask).post(deed::act))
}

/// What only operators arrange.
fn operation() -> Router<Arc<App>> {
    use operator::{administrators, apis, claims, clients, keys, locations, mail, policies, registration, secrets, tenant_erase, tenants};
    Router::new()
        .route("/operator/tenants/{id}/policies", get(policies::list))
        .route("/operator/tenants/{id}/policies/preset", post(policies::preset))
        .route("/operator/tenants/{id}/policies/{topic}", get(policies::form).post(policies::submit))
        .route("/operator/tenants", get(tenants::list))
        .route("/operator/tenants/new", get(tenants::new).post(tenants::create))
        .route("/operator/tenants/{id}", get(tenants::show))
        .route("/operator/tenants/{id}/edit", get(tenants::edit).post(tenants::save))
        .route("/operator/tenants/{id}/disable", get(tenants::ask_disable).post(tenants::disable))
        .route("/operator/tenants/{id}/enable", get(tenants::ask_enable).post(tenants::enable))
        .route("/operator/tenants/{id}/erase", get(tenant_erase::ask).post(tenant_erase::erase))
        .route("/operator/tenants/{id}/administrators", get(administrators::show).post(administrators::invite))
        .route("/operator/tenants/{id}/locations", get(locations::list))
        .route("/operator/tenants/{id}/locations/new", get(locations::blank).post(locations::create))
        .route("/operator/tenants/{id}/locations/{location}", get(locations::show).post(locations::save))
        .route("/operator/tenants/{id}/locations/{location}/delete", get(locations::ask_delete).post(locations::delete))
        .route("/operator/tenants/{id}/administrators/{deed}", post(administrators::act))
        .route("/operator/clients", get(clients::list))
        .route("/operator/clients/new", get(clients::new).post(clients::create))
        .route("/operator/clients/{id}", get(clients::show))
        .route("/operator/clients/{id}/edit", get(clients::edit).post(clients::save))
        .route("/operator/clients/{id}/disable", get(clients::ask_disable).post(clients::disable))
        .route("/operator/clients/{id}/enable", get(clients::ask_enable).post(clients::enable))
        .route("/operator/clients/{id}/secrets", post(secrets::add))
        .route("/operator/clients/{id}/secrets/{secret}/end", get(secrets::ask_end).post(secrets::end))
        .route("/operator/clients/{id}/secrets/{secret}/expire", post(secrets::expire))
        .route("/operator/clients/{id}/claims", get(claims::show).post(claims::add))
        .route("/operator/clients/{id}/claims/remove", post(claims::remove))
        .route("/operator/clients/{id}/claims/preview", post(claims::try_out))
        .route("/operator/apis", get(apis::list))
        .route("/operator/apis/new", get(apis::new).post(apis::create))
        .route("/operator/apis/{id}", get(apis::edit).post(apis::save))
        .route("/operator/keys", get(keys::show))
        .route("/operator/keys/rotate", get(keys::ask_rotate).post(keys::rotate))
        .route("/operator/keys/replace", get(keys::ask_replace).post(keys::replace))
        .route("/operator/mail", get(mail::list))
        .route("/operator/mail/test", post(mail::test))
        .route("/operator/mail/{id}/retry", post(mail::retry))
        .route("/operator/registration", get(registration::list).post(registration::create))
        .route("/operator/registration/{id}/end", get(registration::ask_end).post(registration::end))
}

/// What operators announce.
fn announcing() -> Router<Arc<App>> {
    use operator::announcements;
    Router::new()
        .route("/operator/announcements", get(announcements::list))
        .route("/operator/announcements/new", get(announcements::new).post(announcements::create))
        .route("/operator/announcements/{id}", get(announcements::edit).post(announcements::save))
        .route("/operator/announcements/{id}/end", get(announcements::ask_end).post(announcements::end))
        .route("/operator/announcements/{id}/remove", get(announcements::ask_remove).post(announcements::remove))
}

/// The people of a tenant.
fn people() -> Router<Arc<App>> {
    use admin::people::{convert, deed, invite, list, locations, new, person, picture, table, why};
    Router::new()
        .route("/admin/{tenant}/people", get(list::show))
        .route("/admin/{tenant}/people/new", get(new::show).post(new::submit))
        // The upload counts its bytes itself.
        .route("/admin/{tenant}/people/import", get(table::show).post(table::upload).layer(DefaultBodyLimit::disable()))
        .route("/admin/{tenant}/people/import/confirm", post(table::confirm))
        .route("/admin/{tenant}/people/export", get(table::export))
        .route("/admin/{tenant}/people/{id}", get(person::show).post(person::rename))
        .route("/admin/{tenant}/people/{id}/invite", get(invite::show).post(invite::submit))
        .route("/admin/{tenant}/people/{id}/convert", get(convert::show).post(convert::submit))
        .route("/admin/{tenant}/people/{id}/locations", get(locations::show).post(locations::submit))
        .route("/admin/{tenant}/people/{id}/groups/{step}", post(person::group))
        // The upload counts its bytes itself.
        .route("/admin/{tenant}/people/{id}/picture", get(picture::show).post(picture::submit).layer(DefaultBodyLimit::disable()))
        .route("/admin/{tenant}/people/{id}/picture/remove", post(picture::remove))
        .route("/admin/{tenant}/people/{id}/why", get(why::show))
        .route("/admin/{tenant}/people/{id}/{deed}", get(deed::ask).post(deed::act))
}

/// Groups and locations of a tenant.
fn groups() -> Router<Arc<App>> {
    use admin::{groups, locations};
    Router::new()
        .route("/admin/{tenant}/groups", get(groups::list))
        .route("/admin/{tenant}/groups/new", get(groups::blank).post(groups::create))
        .route("/admin/{tenant}/groups/{id}", get(groups::show).post(groups::save))
        .route("/admin/{tenant}/groups/{id}/permissions/{step}", post(groups::permission))
        .route("/admin/{tenant}/groups/{id}/delete", get(groups::ask_delete).post(groups::delete))
        .route("/admin/{tenant}/locations", get(locations::list))
        .route("/admin/{tenant}/locations/new", get(locations::blank).post(locations::create))
        .route("/admin/{tenant}/locations/{id}", get(locations::show).post(locations::save))
        .route("/admin/{tenant}/locations/{id}/delete", get(locations::ask_delete).post(locations::delete))
}

/// What people arrange about themselves.
fn arranging() -> Router<Arc<App>> {
    Router::new()
        .route("/account/details", get(account::details::show).post(account::details::submit))
        // The upload counts its bytes itself.
        .route("/account/picture", get(account::picture::above).post(account::picture::submit).layer(DefaultBodyLimit::disable()))
        .route("/account/picture/remove", post(account::picture::remove))
        .route("/picture/{person}", get(account::picture::show))
        .route("/account/invitations", get(account::invitations::show))
        .route("/account/invitations/{id}/accept", post(account::invitations::accept))
        .route("/account/invitations/{id}/decline", get(account::invitations::ask).post(account::invitations::refuse))
        .route("/account/groups", get(account::groups::show))
        .route("/account/groups/{id}/join", post(account::groups::join))
        .route("/account/groups/{id}/leave", post(account::groups::leave))
        .route("/account/tenants/{id}/leave", get(account::leave::ask).post(account::leave::submit))
        .route("/account/data", get(account::data::show))
        .route("/account/data/file", get(account::data::file))
}
