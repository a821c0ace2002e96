//! A person's own picture: kept, replaced, removed, and shown to those who share a tenant (people.md K14).
use serde_json::json;

use super::audit::{Event, record};
use super::change::Change;
use super::{Failure, Visitor};
use crate::app::App;
use crate::model::{Person, PersonId, PersonState, PictureId, TenantId};
use crate::pictures::{PictureFault, Place};
use crate::store::Picture;
use crate::world::Timestamp;

/// A place for one upload; take it before the upload is read.
///
/// # Errors
/// [`Failure::Busy`] when too many are under way.
pub fn enter(app: &App) -> Result<Place, Failure> {
    app.studio.enter().map_err(|_| Failure::Busy)
}

/// Makes the uploaded file the person's picture; the one before is gone. What was uploaded is not kept.
pub async fn keep(
    app: &App,
    person: &Person,
    (place, file): (Place, Vec<u8>),
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Result<(), PictureFault>, Failure> {
    let png = match place.portrait(file).await {
        Ok(png) => png,
        Err(fault) => return Ok(Err(fault)),
    };
    let picture = Picture { id: PictureId::generate(now, &*app.entropy), png };
    app.store
        .write(async |w| {
            // Whoever was erased meanwhile keeps none.
            if w.set_picture(&person.id, &picture, now).await? {
                record(app, w, Event::of_person("person.picture", &person.id, "set"), visitor, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(Ok(()))
}

/// Makes the uploaded file the logo of a tenant. What was uploaded is not kept.
pub async fn keep_logo(
    app: &App,
    change: &Change<'_>,
    tenant: &TenantId,
    (place, file): (Place, Vec<u8>),
) -> Result<Result<(), PictureFault>, Failure> {
    let png = match place.logo(file).await {
        Ok(png) => png,
        Err(fault) => return Ok(Err(fault)),
    };
    let picture = Picture { id: PictureId::generate(change.now, change.entropy), png };
    app.store
        .write(async |w| {
            w.set_logo(tenant, &picture, change.now).await?;
            change.record(w, "tenant.logo", tenant.as_str(), (Some(tenant), None), json!({ "logo": picture.id })).await
        })
        .await?;
    app.refresh().await?;
    Ok(Ok(()))
}

/// Removes the logo of a tenant. Without one nothing happens.
pub async fn remove_logo(app: &App, change: &Change<'_>, tenant: &TenantId) -> Result<(), Failure> {
    app.store
        .write(async |w| {
            if w.remove_logo(tenant).await? {
                change.record(w, "tenant.logo", tenant.as_str(), (Some(tenant), None), json!({ "logo": null })).await?;
            }
            Ok(())
        })
        .await?;
    Ok(app.refresh().await?)
}

/// Removes the person's picture. Without one nothing happens.
pub async fn remove(app: &App, person: &Person, visitor: &Visitor, now: Timestamp) -> Result<(), Failure> {
    app.store
        .write(async |w| {
            if w.remove_picture(&person.id).await? {
                record(app, w, Event::of_person("person.picture", &person.id, "removed"), visitor, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// The picture of a person as the one who is signed in may see it: the own one, or that of somebody in a common tenant.
/// For everybody else there is none.
pub async fn seen(app: &App, viewer: &Visitor, of: &PersonId) -> Result<Option<Picture>, Failure> {
    let Some(session) = &viewer.session else { return Ok(None) };
    let found = app
        .store
        .read(async |r| {
            let active = r.person(&session.person).await?.is_some_and(|person| person.state == PersonState::Active);
            let may = active && (session.person == *of || r.share_a_tenant(&session.person, of).await?);
            if may { r.picture(of).await } else { Ok(None) }
        })
        .await?;
    Ok(found)
}
