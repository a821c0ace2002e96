//! What administrators change about the picture of a person, where the tenant's rules let them (people.md C5, K14).
use serde_json::json;

use super::acting::{Acting, Deed, Held, Outcome, Refusal, allowed};
use crate::model::{PersonId, PictureId, ProfileField};
use crate::policy::permission::Right;
use crate::store::{Picture, Read};

fn deed(person: &PersonId) -> Deed<'_> {
    Deed { rights: &[Right::People], action: "person.picture", subject: person.as_str() }
}

/// Makes a drawn picture that of another person. Without one nothing changes, and it is told whether it could.
pub async fn hang(acting: &Acting<'_>, person: &PersonId, png: Option<Vec<u8>>) -> Outcome<()> {
    let picture = png.map(|png| Picture { id: PictureId::generate(acting.now, &*acting.app.entropy), png });
    let open = open(acting)?;
    acting
        .attempt(deed(person), async |w| {
            allowed!(within_reach(acting, w, person, open).await?);
            let Some(picture) = &picture else { return Ok(Ok(())) };
            if !w.set_picture(person, picture, acting.now).await? {
                return Ok(Err(Refusal::NotNow));
            }
            acting.done(w, deed(person), json!({ "picture": picture.id })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Removes the picture of another person. Without one nothing happens.
pub async fn take_down(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let open = open(acting)?;
    acting
        .attempt(deed(person), async |w| {
            allowed!(within_reach(acting, w, person, open).await?);
            if w.remove_picture(person).await? {
                acting.done(w, deed(person), json!({ "picture": null })).await?;
            }
            Ok(Ok(()))
        })
        .await
}

/// Do the tenant's rules let administrators change pictures?
fn open(acting: &Acting<'_>) -> Result<bool, super::super::Failure> {
    Ok(acting.house()?.policy.profile_admin_editable.contains(&ProfileField::Picture))
}

/// A picture is part of the account and so the home tenant's business; nobody's own is changed here (people.md S4).
async fn within_reach(acting: &Acting<'_>, r: &mut Read, person: &PersonId, open: bool) -> Held<()> {
    allowed!(acting.own(r, person).await?);
    Ok(if open { Ok(()) } else { Err(Refusal::Rules) })
}
