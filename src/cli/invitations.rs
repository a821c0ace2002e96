//! `person invite`: the invitation letter, for the first time or again (people.md K31, K33).
use std::sync::Arc;

use super::args::{Method, PersonInvite};
use super::error::CliError;
use super::open::open;
use super::output::Output;
use crate::config::Config;
use crate::model::{InvitationMethod, MembershipState, PersonState};
use crate::server::node::{Ingredients, assemble};
use crate::service::invitations::{Invited, invite};
use crate::world::SystemClock;

/// Queues the letter; the next node that looks sends it. Earlier links of the membership are worthless from then on.
pub async fn send(config: Config, output: &Output, wanted: PersonInvite) -> Result<(), CliError> {
    let opened = open(&config).await?;
    let sealer = opened.sealer(&config).await?;
    let (person, tenant) = (opened.person(&wanted.person).await?, opened.tenant(&wanted.tenant).await?);
    let found = opened.store.read(async |r| r.membership(&person.id, &tenant.id).await).await?;
    let Some(membership) = found else {
        return Err(CliError::new("the person is not in this tenant", "`tenantry member add` puts that person into it"));
    };
    let waits =
        membership.state == MembershipState::Invited || membership.state == MembershipState::Active && person.state == PersonState::Invited;
    if !waits {
        return Err(CliError::new("there is nothing to accept: the person has joined, or was taken out", "no invitation is needed"));
    }
    let good_for = config.sign_in.invitation_time();
    let ingredients = Ingredients {
        sealer,
        store: opened.store.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::clone(&opened.entropy),
        mailer: None,
        config: Arc::new(config),
    };
    let app = assemble(ingredients).await?;
    let invited = Invited { membership: &membership, method: wanted.method.into(), good_for, inviter: None };
    let invitation = invite(&app, &invited, "cli", "local", opened.now).await?;
    opened.store.close().await;
    let values = [("invitation", invitation.id.as_str().into()), ("person", person.id.as_str().into())];
    output.result("The invitation waits in the outbox; a running `tenantry serve` sends it.", &values)
}

impl From<Method> for InvitationMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Password => Self::Password,
            Method::Microsoft => Self::Microsoft,
            Method::Any => Self::Any,
        }
    }
}
