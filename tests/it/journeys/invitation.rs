//! Invitations by letter.
use std::time::Duration;

use tenantry::model::{InvitationMethod, Membership, MembershipKind, MembershipState};
use tenantry::service::invitations::{Invited, invite};
use tenantry::service::tenants::{self, MemberAdded, NewMembership};

use super::stage::Stage;
use crate::harness::world::{PASSWORD, Someone};

impl Stage {
    /// A seat in Acme that waits for its owner, and the letter about it.
    pub async fn invites(&self, person: &Someone, kind: MembershipKind, method: InvitationMethod) -> Membership {
        let tenant = self.acme.id.clone();
        let new =
            NewMembership { person: person.id.clone(), tenant, kind, state: MembershipState::Invited, admin: false, api_access: false };
        let MemberAdded::Added(membership) = tenants::add_member(&self.t.change(), new).await.unwrap() else { panic!("no member") };
        let invited = Invited { membership: &membership, method, good_for: Duration::from_secs(7 * 86_400), inviter: Some("Olga Boss") };
        invite(&self.t.app, &invited, "test", "local", self.t.now()).await.unwrap();
        *membership
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_chooses_a_password_and_signs_in() {
    let Some(mut s) = Stage::set("invitation").await else { return };
    let carol = s.t.person_with("carol@acme.example", |new| new.password_hash = None).await;
    s.invites(&carol, MembershipKind::Home, InvitationMethod::Password).await;
    let link = s.t.mailbox.link(&carol.email).await;

    s.browser.goto(&link).await;
    s.browser.look("invitation").await;
    let address = s.browser.url().await;
    s.browser.fill("#password", PASSWORD).await;
    s.browser.fill("#password-repeat", "something else").await;
    s.browser.click("#invitation-submit").await;
    s.browser.see("#error[data-kind=mismatch]").await;
    s.browser.look("mismatch").await;
    s.browser.fill("#password", PASSWORD).await;
    s.browser.fill("#password-repeat", PASSWORD).await;
    s.browser.click("#invitation-submit").await;
    s.browser.look("done").await;
    s.browser.click("#done-continue").await;
    s.anna = carol;
    s.sign_in().await;
    let home = s.browser.text("h1").await;
    let request = s.begin(&[]).await;
    let tokens = s.arrives(&request).await;
    s.browser.goto(&link).await;
    s.browser.look("used").await;
    let over = s.browser.text("#error-code").await;

    assert_eq!(address.path(), "/invitation", "the token leaves the address");
    assert_eq!(home, "Hello Carol Example");
    assert_eq!((&tokens.claims["sub"], &tokens.claims["tenant"]), (&s.anna.id.as_str().into(), &"acme".into()));
    assert_eq!(over, "invitation_over");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_an_account_joins_another_tenant() {
    let Some(mut s) = Stage::set("invitation-guest").await else { return };
    let globex = s.t.tenant("globex").await;
    let gina = s.t.member(&globex, "gina@globex.example").await;
    s.invites(&gina, MembershipKind::Guest, InvitationMethod::Any).await;

    s.browser.goto(s.t.mailbox.link(&gina.email).await).await;
    s.browser.look("invitation").await;
    s.anna = gina;
    s.browser.click("#invitation-accept").await;
    s.sign_in().await;
    s.browser.click("#invitation-accept").await;
    s.browser.look("joined").await;
    let request = s.begin(&[]).await;
    s.browser.click("#tenant-acme").await;

    assert_eq!(s.arrives(&request).await.claims["tenant"], "acme");
    s.browser.close().await;
}
