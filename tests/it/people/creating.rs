//! Creating people, and making guests of those who exist.
use tenantry::model::{ExistingPerson, MembershipKind, MembershipState, PersonKind, PersonState};
use tenantry::service::people::acting::Refusal;
use tenantry::service::people::convert::convert;
use tenantry::service::people::create::{Handing, NewMember, Reach, create};
use tenantry::service::people::inviting::{hand_over, send, withdraw};
use tenantry::service::people::names::rename;

use super::desk::{Desk, FACTORS, nameless, stand, verified};
use crate::harness::world::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn k7_without_a_proper_address_or_name_nothing_is_stored() {
    let desk = Desk::set().await;
    type Change = fn(&mut NewMember);
    let cases: [(&str, Change); 4] = [
        ("email", |new| new.reach = Reach::Email("nora@@acme.example".into())),
        ("email", |new| new.reach = Reach::Email(String::new())),
        ("first_name", |new| new.first_name = " ".into()),
        ("last_name", |new| new.last_name = "a\u{202e}b".into()),
    ];
    for (field, change) in cases {
        let mut new = verified("nora@acme.example");
        change(&mut new);
        let refused = desk.create(new).await.unwrap_err();
        assert!(matches!(refused, Refusal::Invalid(named, _) if named == field), "{field}: {refused:?}");
    }
    assert!(desk.t.mailbox.take("nora@acme.example").await.is_empty());
    assert_eq!(desk.noted("person.create", "done").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn k8_k19_a_new_person_is_invited_by_letter_and_begins_with_the_code_by_email() {
    let desk = Desk::set().await;

    let created = desk.create(verified("Nora@acme.example")).await.unwrap();

    let (person, membership) = (desk.person(&created.person).await, desk.membership(&created.person, &desk.acme).await);
    assert_eq!((person.state, person.has_password, person.kind()), (PersonState::Invited, false, PersonKind::Verified));
    assert_eq!((person.second_factor, stand(&membership)), (FACTORS.0, (MembershipKind::Home, MembershipState::Invited)));
    assert!(created.link.is_none() && !created.existed);
    let link = desk.t.mailbox.link("nora@acme.example").await;
    assert!(link.path().starts_with("/invitation/"));
    assert_eq!(desk.create(verified("nora@acme.example")).await.unwrap_err(), Refusal::AlreadyHere);
}

#[tokio::test(flavor = "multi_thread")]
async fn k32_k33_whom_nobody_told_is_invited_later_and_again_by_another_link() {
    let desk = Desk::set().await;
    let created = desk.create(NewMember { handing: Handing::Later, ..verified("nora@acme.example") }).await.unwrap();
    assert!(desk.t.mailbox.take("nora@acme.example").await.is_empty(), "k32: no mail leaves");
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    let method = tenantry::model::InvitationMethod::Password;
    send(&acting, &created.person, method).await.unwrap().unwrap();
    let first = desk.t.mailbox.link("nora@acme.example").await;
    send(&acting, &created.person, method).await.unwrap().unwrap();
    let second = desk.t.mailbox.link("nora@acme.example").await;

    assert_ne!(first, second);
    assert_eq!(desk.t.browser().goto(first.as_str()).await.page().status, 410, "h05: the older link is dead");
    let mut browser = desk.t.browser();
    browser.goto(second.as_str()).await;
    assert!(browser.page().has("#password"), "{}", browser.page().body);
    withdraw(&acting, &created.person).await.unwrap().unwrap();
    assert_eq!(withdraw(&acting, &created.person).await.unwrap(), Err(Refusal::NotNow));
    assert_eq!(
        hand_over(&acting, &created.person).await.unwrap().unwrap_err(),
        Refusal::Rules,
        "c28: no link for a person with an address"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_s22_somebody_without_an_address_opens_the_account_with_the_link_that_was_handed_over() {
    let desk = Desk::set().await;

    let created = desk.create(nameless()).await.unwrap();

    let person = desk.person(&created.person).await;
    assert_eq!((person.kind(), person.second_factor), (PersonKind::Unverified, FACTORS.1));
    let mut browser = desk.t.browser();
    browser.goto(created.link.unwrap().expose()).await;
    browser.fill("#password", "a quiet river at dawn").fill("#password-repeat", "a quiet river at dawn");
    browser.submit("#invitation-submit").await;
    let person = desk.person(&created.person).await;
    assert_eq!((person.state, person.email_verified, person.has_password), (PersonState::Active, false, true));
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    assert_eq!(hand_over(&desk.acting(&scope), &person.id).await.unwrap().unwrap_err(), Refusal::NotNow);
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_s26_an_address_ends_the_user_name_and_the_account_waits_for_the_link() {
    let desk = Desk::set().await;
    let created = desk.create(nameless()).await.unwrap();
    let hash = desk.t.app.passwords.hash(PASSWORD.into(), &*desk.t.app.entropy).await.unwrap();
    let store = &desk.t.app.store;
    store
        .write(async |w| {
            w.set_password(&created.person, hash.expose(), desk.t.now()).await?;
            w.activate_membership(&created.membership, desk.t.now()).await?;
            w.activate_person(&created.person, desk.t.now()).await
        })
        .await
        .unwrap();
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    assert_eq!(convert(&acting, &created.person, &desk.gil.email).await.unwrap(), Err(Refusal::Taken("email")));
    convert(&acting, &created.person, "una@acme.example").await.unwrap().unwrap();

    let person = desk.person(&created.person).await;
    assert_eq!((person.state, person.kind()), (PersonState::Invited, PersonKind::Verified));
    assert!(person.username.is_none());
    assert!(person.has_password, "it counts among the former ones when a new one is chosen");
    assert!(desk.t.mailbox.link("una@acme.example").await.path().starts_with("/invitation/"));
    assert_eq!(convert(&acting, &created.person, "other@acme.example").await.unwrap(), Err(Refusal::NotNow), "s24");
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_nobody_tries_many_addresses_to_learn_whose_there_are() {
    let desk = Desk::set().await;
    let created = desk.create(nameless()).await.unwrap();
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    for _ in 0..5 {
        assert_eq!(convert(&desk.acting(&scope), &created.person, &desk.gil.email).await.unwrap(), Err(Refusal::Taken("email")));
    }
    assert_eq!(desk.noted("person.convert", "refused: taken").await, 5);

    for address in [desk.gil.email.as_str(), "free@acme.example"] {
        let paused = convert(&desk.acting(&scope), &created.person, address).await.unwrap();
        assert_eq!(paused, Err(Refusal::NotNow), "told apart no more");
    }
    desk.t.later(std::time::Duration::from_secs(24 * 3600));
    convert(&desk.acting(&scope), &created.person, "free@acme.example").await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn s48_an_address_that_exists_elsewhere_becomes_a_guest_by_the_tenants_rule() {
    for rule in [ExistingPerson::Invite, ExistingPerson::AutoLink] {
        let desk = Desk::with(|policy| policy.membership_existing_person = rule).await;

        let created = desk.create(NewMember { api_access: true, ..verified(&desk.gil.email) }).await.unwrap();

        let membership = desk.membership(&desk.gil.id, &desk.acme).await;
        let state = if rule == ExistingPerson::AutoLink { MembershipState::Active } else { MembershipState::Invited };
        assert_eq!((created.person, stand(&membership)), (desk.gil.id.clone(), (MembershipKind::Guest, state)), "{rule}");
        assert!(!membership.api_access, "k37");
        assert!(!membership.accepted, "c19: neither an invitation nor a link counts as a yes");
        assert_eq!(desk.person(&desk.gil.id).await.first_name, "Gil", "the form changes nobody's name");
        assert_eq!(desk.t.mailbox.take(&desk.gil.email).await.len(), 1, "{rule}: the person hears of it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i04_i08_nobody_gives_what_he_does_not_hold() {
    let desk = Desk::set().await;
    let clerk = desk.clerk("carl", &["tenantry:people", "orders:read"]).await;
    let mine = desk.t.group(&desk.acme, "Readers", &[("orders:read", false)]).await;
    let more = desk.t.group(&desk.acme, "Payers", &[("orders:pay", false)]).await;
    let foreign = desk.t.group(&desk.globex, "Foreign", &[]).await;
    let scope = desk.scope(&clerk.id, &desk.acme).await;
    let acting = desk.acting(&scope);
    let with = |change: &dyn Fn(&mut NewMember)| {
        let mut new = verified("nora@acme.example");
        change(&mut new);
        new
    };

    for (new, refusal) in [
        (with(&|new| new.admin = true), Refusal::NotHeld),
        (with(&|new| new.api_access = true), Refusal::NotHeld),
        (with(&|new| new.groups = vec![more.id.clone()]), Refusal::NotHeld),
        (with(&|new| new.groups = vec![mine.id.clone(), foreign.id.clone()]), Refusal::NotFound),
    ] {
        assert_eq!(create(&acting, new).await.unwrap().unwrap_err(), refusal);
    }
    assert_eq!(desk.noted("person.create", "refused: not held").await, 3);
    let created = create(&acting, with(&|new| new.groups = vec![mine.id.clone()])).await.unwrap().unwrap();
    let groups = desk.t.app.store.read(async |r| r.groups_of_membership(&created.membership).await).await.unwrap();
    assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["Readers"]);

    // Also when it is accepted: whoever invited has lost it meanwhile.
    let link = desk.t.mailbox.link("nora@acme.example").await;
    let own = desk.membership(&clerk.id, &desk.acme).await;
    desk.t.app.store.write(async |w| w.end_membership(&own, desk.t.now()).await).await.unwrap();
    assert_eq!(desk.t.browser().goto(link.as_str()).await.page().status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_k10_names_are_changed_at_home_and_as_the_rules_say() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.guest(&desk.acme, &desk.gil).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    rename(&acting, &anna.id, "Anne", "Arndt").await.unwrap().unwrap();
    assert_eq!(desk.person(&anna.id).await.name(), "Anne Arndt");
    assert_eq!(rename(&acting, &desk.gil.id, "A", "B").await.unwrap(), Err(Refusal::OtherHome));
    assert_eq!(rename(&acting, &desk.marie.id, "A", "B").await.unwrap(), Err(Refusal::Oneself), "s4");

    let strict = Desk::with(|policy| policy.profile_admin_editable.clear()).await;
    let anna = strict.t.member(&strict.acme, "anna@acme.example").await;
    let scope = strict.scope(&strict.marie.id, &strict.acme).await;
    assert_eq!(rename(&strict.acting(&scope), &anna.id, "A", "B").await.unwrap(), Err(Refusal::Rules), "s6");
}
