//! `/operator/people`: people of all tenants.
pub mod deed;
pub mod list;
pub mod merge;
pub mod person;
pub mod why;

use axum::http::StatusCode;

use crate::app::App;
use crate::model::{Person, PersonId, PersonState, TenantId};
use crate::pages::console::{EverybodyRefused, PersonStatus};
use crate::service::everybody::{Barred, Operating};
use crate::web::error::WebError;
use crate::web::extract::Operator;
use crate::world::Timestamp;

/// The operator of this request at work.
fn operating(operator: &Operator) -> Operating<'_> {
    Operating { app: &operator.app, operator: &operator.person.id, network: &operator.guest.visitor.network, now: operator.now }
}

/// The person that an address names. Erased accounts and those that were merged are not there any more.
async fn find(operator: &Operator, id: &str) -> Result<Person, WebError> {
    let id = PersonId::from_text(id);
    let (person, departure) = operator.app.store.read(async |r| Ok((r.person(&id).await?, r.departure(&id).await?))).await?;
    let gone = departure.is_some_and(|departure| departure.done_at.is_some());
    person.filter(|_| !gone).ok_or_else(WebError::not_found)
}

/// One word about an account, whatever its tenants say of it (people.md C17).
fn status(person: &Person, now: Timestamp) -> PersonStatus {
    match person.state {
        PersonState::Deactivated => PersonStatus::Deactivated,
        PersonState::Invited => PersonStatus::Invited,
        PersonState::Active if person.lockout.paused_until.is_some_and(|until| until > now) => PersonStatus::Locked,
        PersonState::Active => PersonStatus::Active,
    }
}

fn tenant_name(app: &App, id: &TenantId) -> String {
    app.registered().tenants.get(id).map_or_else(|| id.to_string(), |tenant| tenant.display_name().to_owned())
}

/// The sentence about a refusal and the status of the answer. None where the person is not there at all.
fn told(app: &App, barred: &Barred) -> Option<(EverybodyRefused, StatusCode)> {
    let mut tenant = String::new();
    let (key, status) = match barred {
        Barred::NotFound => return None,
        Barred::Oneself => ("oneself", StatusCode::FORBIDDEN),
        Barred::NoOperator => ("no_operator", StatusCode::FORBIDDEN),
        Barred::OfAnOperator => ("of_an_operator", StatusCode::FORBIDDEN),
        Barred::Rules => ("rules", StatusCode::FORBIDDEN),
        Barred::LastAdmin(id) | Barred::Unresolved(id) | Barred::Limited(id) => {
            tenant = tenant_name(app, id);
            let key = match barred {
                Barred::LastAdmin(_) => "last_admin",
                Barred::Limited(_) => "limited",
                _ => "unresolved",
            };
            (key, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Barred::NotNow => ("not_now", StatusCode::UNPROCESSABLE_ENTITY),
        Barred::Leaving => ("leaving", StatusCode::UNPROCESSABLE_ENTITY),
        Barred::NoPassword => ("no_password", StatusCode::UNPROCESSABLE_ENTITY),
        Barred::NoEmail => ("no_email", StatusCode::UNPROCESSABLE_ENTITY),
        Barred::NoFactor => ("no_factor", StatusCode::UNPROCESSABLE_ENTITY),
        Barred::NoOther => ("no_other", StatusCode::UNPROCESSABLE_ENTITY),
        Barred::NotActive => ("not_active", StatusCode::UNPROCESSABLE_ENTITY),
    };
    Some((EverybodyRefused { key, tenant }, status))
}
