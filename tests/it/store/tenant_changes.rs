//! Changing tenants, applications and letters as operators do.
use tenantry::model::*;
use tenantry::store::{Store, TenantInserted};

use super::conformance;
use super::fixtures::*;

async fn a_tenant_is_renamed_and_keeps_its_former_slug(store: &Store) {
    furnish(store).await;
    let update = async |tenant: &Tenant| store.write(async |w| w.update_tenant(tenant).await).await.unwrap();
    let before = store.read(async |r| r.tenant(&tenant_id("acme")).await).await.unwrap().unwrap();
    let globex = store.read(async |r| r.tenant(&tenant_id("globex")).await).await.unwrap().unwrap();
    let after = Tenant {
        number: "NEW-1".into(),
        slug: "acme-new".into(),
        name: "Acme New".into(),
        alias: Some("A".into()),
        color: Some("#112233".into()),
        ..before.clone()
    };

    assert_eq!(update(&after).await, TenantInserted::Yes);
    assert_eq!(update(&Tenant { number: globex.number.clone(), ..after.clone() }).await, TenantInserted::NumberTaken);
    assert_eq!(update(&Tenant { slug: globex.slug.clone(), ..after.clone() }).await, TenantInserted::SlugTaken);
    assert_eq!(update(&Tenant { slug: before.slug.clone(), ..globex.clone() }).await, TenantInserted::SlugTaken, "kept for its tenant");

    let looks = Tenant {
        sender_name: Some("Acme Desk".into()),
        contact: Some("Ask Ann".into()),
        greeting: Some("Hello".into()),
        alias: None,
        ..after.clone()
    };
    store.write(async |w| w.set_tenant_look(&looks).await).await.unwrap();
    let seen = store.read(async |r| r.tenant(&after.id).await).await.unwrap().unwrap();
    assert_eq!((seen.sender_name, seen.contact, seen.greeting, seen.alias), (looks.sender_name, looks.contact, looks.greeting, None));
    store.write(async |w| w.set_tenant_look(&after).await).await.unwrap();
    let (now, by_old) =
        store.read(async |r| Ok((r.tenant(&after.id).await?.unwrap(), r.tenant_by_handle(&before.slug).await?.unwrap()))).await.unwrap();
    assert_eq!((now.number, now.slug, now.name), (after.number, after.slug, after.name));
    assert_eq!((now.alias, now.color, now.state), (after.alias, after.color, before.state));
    assert_eq!(by_old.id, before.id);
}

async fn only_the_sessions_of_people_who_belong_nowhere_else_end(store: &Store) {
    furnish(store).await;
    let now = NOW.plus(MINUTE);
    let lone = NewPersonAt { person: "lone", session: "ses_lone", operator: false };
    let root = NewPersonAt { person: "root", session: "ses_root", operator: true };
    let both = NewPersonAt { person: "both", session: "ses_both", operator: false };
    for one in [&lone, &root, &both] {
        one.enter(store).await;
    }
    let shared = async || store.read(async |r| r.shares_people(&tenant_id("globex")).await).await.unwrap();
    store.write(async |w| w.insert_membership(&new_membership("both", "acme", MembershipKind::Guest)).await).await.unwrap();

    assert!(shared().await);
    store.write(async |w| w.end_sessions_of_tenant(&tenant_id("globex"), now).await).await.unwrap();

    let ended = async |id: &str| {
        let id = SessionId::from_text(id);
        store.read(async |r| r.session(&id).await).await.unwrap().unwrap().ended_at
    };
    assert_eq!(ended("ses_lone").await, Some(now));
    assert_eq!(ended("ses_root").await, None, "an operator stays");
    assert_eq!(ended("ses_both").await, None, "who belongs elsewhere stays");
}

/// A person of globex with a session.
struct NewPersonAt {
    person: &'static str,
    session: &'static str,
    operator: bool,
}

impl NewPersonAt {
    async fn enter(&self, store: &Store) {
        let session = new_session(SessionId::from_text(self.session), self.person);
        store
            .write(async |w| {
                w.insert_person(&tenantry::store::NewPerson { operator: self.operator, ..new_person(self.person) }, NOW).await?;
                w.insert_membership(&new_membership(self.person, "globex", MembershipKind::Home)).await?;
                w.insert_session(&session, &digest(self.session)).await
            })
            .await
            .unwrap();
    }
}

async fn an_application_serves_other_tenants_and_its_secret_ends(store: &Store) {
    furnish(store).await;
    let at = NOW.plus(DAY);
    let (acme, globex) = (tenant_id("acme"), tenant_id("globex"));
    store
        .write(async |w| {
            w.set_client_tenants(&client_id(), &[acme.clone(), globex.clone()]).await?;
            w.set_client_tenants(&client_id(), std::slice::from_ref(&globex)).await?;
            w.add_client_secret(&client_id(), &new_secret("sec_x"), NOW).await?;
            assert!(w.expire_client_secret(&SecretId::from_text("sec_x"), at).await?);
            assert!(!w.expire_client_secret(&SecretId::from_text("sec_nobody"), at).await?);
            Ok(())
        })
        .await
        .unwrap();

    let client = store.read(async |r| r.client(&client_id()).await).await.unwrap().unwrap();

    assert_eq!(client.tenants, [globex]);
    let secret = client.secrets.iter().find(|secret| secret.id.as_str() == "sec_x").unwrap();
    assert_eq!(secret.expires_at, Some(at));
}

async fn letters_are_listed_by_state_and_a_waiting_one_is_made_due(store: &Store) {
    let letter =
        |n: u32| QueuedLetter { id: LetterId::from_text(format!("let_{n}")), sealed: format!("sealed {n}"), attempts: 0, created_at: NOW };
    store
        .write(async |w| {
            for n in 1..=4 {
                w.queue_letter(&letter(n), NOW.plus(DAY)).await?;
            }
            w.letter_sent(&letter(1).id, NOW.plus(MINUTE)).await?;
            w.letter_failed(&letter(2).id, "refused", NOW, LetterState::Dead).await?;
            assert!(w.letter_due_now(&letter(3).id, NOW).await?);
            assert!(!w.letter_due_now(&letter(1).id, NOW).await?, "what was sent is not sent again");
            assert!(!w.letter_due_now(&letter(2).id, NOW).await?, "what was given up has no text any more");
            Ok(())
        })
        .await
        .unwrap();

    let fates = async |state, before: Option<&str>, limit| {
        let before = before.map(LetterId::from_text);
        let found = store.read(async |r| r.letter_fates(state, before.as_ref(), limit).await).await.unwrap();
        found.iter().map(|fate| fate.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(fates(None, None, 9).await, ["let_4", "let_3", "let_2", "let_1"]);
    assert_eq!(fates(None, Some("let_3"), 1).await, ["let_2"]);
    assert_eq!(fates(Some(LetterState::Queued), None, 9).await, ["let_4", "let_3"]);
    let dead = store.read(async |r| r.letter_fates(Some(LetterState::Dead), None, 9).await).await.unwrap();
    assert_eq!((dead[0].last_error.as_deref(), dead[0].sent_at), (Some("refused"), None));
    let due = store.read(async |r| r.letter_fates(Some(LetterState::Queued), None, 9).await).await.unwrap();
    assert_eq!((due[1].due_at, due[0].due_at), (NOW, NOW.plus(DAY)));
}

conformance! {
    a_tenant_is_renamed_and_keeps_its_former_slug,
    only_the_sessions_of_people_who_belong_nowhere_else_end,
    an_application_serves_other_tenants_and_its_secret_ends,
    letters_are_listed_by_state_and_a_waiting_one_is_made_due,
}
