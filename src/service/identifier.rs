//! Who is meant by what was typed at sign-in: an e-mail address, a user name of a company, or a user name that the
//! system made up (people.md P11, P13, S23). Whatever name was typed, it is one account (security.md F02).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::app::App;
use crate::model::{Email, PasswordRecord, TenantId, Username};
use crate::store::{Read, StoreError};
use crate::world::sha256;

/// The fields of the sign-in page.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    pub identifier: &'a str,
    /// Number or slug of a tenant: typed, or what the application named.
    pub company: Option<&'a str>,
}

/// What the fields can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Email(Email),
    /// The user name is looked up in this tenant.
    InCompany(TenantId, Username),
    /// A name of the system's own, good everywhere.
    OfTheSystem(Username),
    /// Nothing that anybody could be called.
    Nobody,
}

impl Named {
    /// What the fields mean; nothing is looked up but the tenant, in memory.
    pub fn of(app: &App, typed: Typed<'_>) -> Self {
        if let Some(email) = Email::parse(typed.identifier) {
            return Self::Email(email);
        }
        let Some(name) = Username::parse(typed.identifier) else { return Self::Nobody };
        if name.is_of_the_system() {
            return Self::OfTheSystem(name);
        }
        let Some(company) = typed.company.map(str::trim).filter(|company| !company.is_empty()) else { return Self::Nobody };
        let registered = app.registered();
        match registered.tenants.values().find(|tenant| tenant.is_called(company)) {
            Some(tenant) => Self::InCompany(tenant.id.clone(), name),
            None => Self::Nobody,
        }
    }

    /// The person of this name with the hash to check a password against. One statement for every name.
    pub async fn record(&self, r: &mut Read) -> Result<Option<PasswordRecord>, StoreError> {
        match self {
            Self::Email(email) => r.password_record(email).await,
            Self::InCompany(tenant, name) => r.password_record_of_name(Some(tenant), name).await,
            Self::OfTheSystem(name) => r.password_record_of_name(None, name).await,
            Self::Nobody => Ok(None),
        }
    }

    /// The counter of a name that nobody has. Spellings that would be one account share it.
    pub fn counter(&self, typed: Typed<'_>) -> String {
        let (company, name) = match self {
            Self::Email(email) => (String::new(), email.as_str().to_owned()),
            Self::InCompany(tenant, name) => (tenant.to_string(), name.as_str().to_owned()),
            Self::OfTheSystem(name) => (String::new(), name.as_str().to_owned()),
            Self::Nobody => (typed.company.unwrap_or_default().trim().to_lowercase(), typed.identifier.trim().to_lowercase()),
        };
        // The length in front keeps two pairs apart that would read alike (security.md E14).
        let key = format!("{}:{company}{name}", company.len());
        format!("nobody:{}", URL_SAFE_NO_PAD.encode(sha256(key.as_bytes())))
    }
}
