//! Changing what a registered tenant is called.
use serde_json::json;

use super::change::Change;
use super::seen::Seen;
use super::tenants::{NewTenant, checked, is_color};
use crate::model::{Tenant, TenantId, display_name};
use crate::store::{StoreError, TenantInserted};

/// What became of [`edit`].
#[derive(Debug)]
pub enum TenantEdited {
    Done(Box<Tenant>),
    Unknown,
    /// Somebody else changed the tenant since the form was shown.
    Meanwhile,
    NumberTaken,
    /// In use, or kept for the tenant that once had it.
    SlugTaken,
    /// Field and what it must look like.
    Invalid(&'static str, &'static str),
}

/// The mark of what a form about a tenant shows.
pub fn seen(tenant: &Tenant) -> Seen {
    let Tenant { number, slug, name, alias, color, sender_name, contact, greeting, .. } = tenant;
    Seen::of(&(number, slug, name, alias, color, sender_name, contact, greeting))
}

/// Changes number, slug, name, alias and colour, if they still are what the form showed. Everything else stays.
///
/// # Errors
/// Those of the store.
pub async fn edit(change: &Change<'_>, id: &TenantId, shown: &Seen, new: NewTenant) -> Result<TenantEdited, StoreError> {
    let asked = match checked(change, NewTenant { logo: None, ..new }) {
        Ok(asked) => asked,
        Err((field, demand)) => return Ok(TenantEdited::Invalid(field, demand)),
    };
    change
        .store
        .write(async |w| {
            // Every change of a registered thing waits for this row: what is read now stays so.
            w.raise_generation().await?;
            let Some(before) = w.tenant(id).await? else { return Ok(TenantEdited::Unknown) };
            if seen(&before) != *shown {
                return Ok(TenantEdited::Meanwhile);
            }
            let Tenant { number, slug, name, alias, color, .. } = asked;
            let after = Tenant { number, slug, name, alias, color, ..before.clone() };
            let changed = changed(&before, &after);
            if changed.is_empty() {
                return Ok(TenantEdited::Done(Box::new(before)));
            }
            match w.update_tenant(&after).await? {
                TenantInserted::NumberTaken => return Ok(TenantEdited::NumberTaken),
                TenantInserted::SlugTaken => return Ok(TenantEdited::SlugTaken),
                TenantInserted::Yes => {}
            }
            change.record(w, "tenant.edit", id.as_str(), (Some(id), None), json!({ "changed": changed })).await?;
            Ok(TenantEdited::Done(Box::new(after)))
        })
        .await
}

/// How a tenant wants to be shown; nothing is checked yet.
#[derive(Clone, Debug, Default)]
pub struct Look {
    pub alias: Option<String>,
    /// `#rrggbb`
    pub color: Option<String>,
    pub sender_name: Option<String>,
    pub contact: Option<String>,
    pub greeting: Option<String>,
}

impl Look {
    fn checked(self) -> Result<Self, (&'static str, &'static str)> {
        let text = |field: &'static str, text: Option<String>, most: usize, demand: &'static str| match text {
            None => Ok(None),
            Some(text) => display_name(&text, most).map(Some).ok_or((field, demand)),
        };
        if self.color.as_deref().is_some_and(|color| !is_color(color)) {
            return Err(("color", "a colour like #1a5fb4"));
        }
        // A name that looks like an address would let a letter pretend to come from there (security.md H13).
        if self.sender_name.as_deref().is_some_and(|name| name.contains(['@', '<', '>', '"'])) {
            return Err(("sender_name", SENDER));
        }
        Ok(Self {
            alias: text("alias", self.alias, 100, "1 to 100 characters, none of them invisible")?,
            color: self.color.map(|color| color.to_ascii_lowercase()),
            sender_name: text("sender_name", self.sender_name, 60, SENDER)?,
            contact: text("contact", self.contact, 200, "1 to 200 characters, none of them invisible")?,
            greeting: text("greeting", self.greeting, 300, "1 to 300 characters, none of them invisible")?,
        })
    }
}

const SENDER: &str = "1 to 60 characters, none of them invisible, without @ < > and quotation marks";

/// Changes how a tenant shows itself, if that still is what the form showed. Name, number and rules stay.
///
/// # Errors
/// Those of the store.
pub async fn brand(change: &Change<'_>, id: &TenantId, shown: &Seen, look: Look) -> Result<TenantEdited, StoreError> {
    let Look { alias, color, sender_name, contact, greeting } = match look.checked() {
        Ok(look) => look,
        Err((field, demand)) => return Ok(TenantEdited::Invalid(field, demand)),
    };
    change
        .store
        .write(async |w| {
            w.raise_generation().await?;
            let Some(before) = w.tenant(id).await? else { return Ok(TenantEdited::Unknown) };
            if seen(&before) != *shown {
                return Ok(TenantEdited::Meanwhile);
            }
            let after = Tenant { alias, color, sender_name, contact, greeting, ..before.clone() };
            let changed = changed(&before, &after);
            if !changed.is_empty() {
                w.set_tenant_look(&after).await?;
                change.record(w, "tenant.edit", id.as_str(), (Some(id), None), json!({ "changed": changed })).await?;
            }
            Ok(TenantEdited::Done(Box::new(after)))
        })
        .await
}

/// The fields in which two states of a tenant differ.
fn changed(before: &Tenant, after: &Tenant) -> Vec<&'static str> {
    let fields = [
        ("number", before.number == after.number),
        ("slug", before.slug == after.slug),
        ("name", before.name == after.name),
        ("alias", before.alias == after.alias),
        ("color", before.color == after.color),
        ("sender_name", before.sender_name == after.sender_name),
        ("contact", before.contact == after.contact),
        ("greeting", before.greeting == after.greeting),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}
