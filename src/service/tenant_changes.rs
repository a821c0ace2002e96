//! Changing what a registered tenant is called.
use serde_json::json;

use super::change::Change;
use super::tenants::{NewTenant, checked};
use crate::model::{Tenant, TenantId};
use crate::store::{StoreError, TenantInserted};

/// What became of [`edit`].
#[derive(Debug)]
pub enum TenantEdited {
    Done(Box<Tenant>),
    Unknown,
    NumberTaken,
    /// In use, or kept for the tenant that once had it.
    SlugTaken,
    /// Field and what it must look like.
    Invalid(&'static str, &'static str),
}

/// Changes number, slug, name, alias and colour. The logo and the rules stay as they are.
///
/// # Errors
/// Those of the store.
pub async fn edit(change: &Change<'_>, id: &TenantId, new: NewTenant) -> Result<TenantEdited, StoreError> {
    let asked = match checked(change, NewTenant { logo: None, ..new }) {
        Ok(asked) => asked,
        Err((field, demand)) => return Ok(TenantEdited::Invalid(field, demand)),
    };
    change
        .store
        .write(async |w| {
            let Some(before) = w.tenant(id).await? else { return Ok(TenantEdited::Unknown) };
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

/// The fields in which two states of a tenant differ.
fn changed(before: &Tenant, after: &Tenant) -> Vec<&'static str> {
    let fields = [
        ("number", before.number == after.number),
        ("slug", before.slug == after.slug),
        ("name", before.name == after.name),
        ("alias", before.alias == after.alias),
        ("color", before.color == after.color),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}
