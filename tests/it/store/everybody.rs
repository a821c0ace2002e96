//! Everybody of the instance, and accounts that end for good.
use tenantry::model::*;
use tenantry::store::{EverybodyFilter, Inserted, NewPerson, Picture, Store, person_attempts};

use super::conformance;
use super::fixtures::*;

async fn names(store: &Store, filter: EverybodyFilter) -> Vec<String> {
    let found = store.read(async |r| r.everybody(&filter, 100, NOW).await).await.unwrap();
    found.into_iter().map(|person| person.first_name).collect()
}

async fn crowd(store: &Store) {
    furnish(store).await;
    store
        .write(async |w| {
            for (name, last) in [("Zoe Anna", "Abel"), ("cara", "Müller-Mohn"), ("Özil", "100%"), ("dora", "_x")] {
                let state = if name == "dora" { PersonState::Invited } else { PersonState::Active };
                let second_factor = if name == "cara" { FactorKind::Totp } else { FactorKind::None };
                let id = sort_key(name).replace('ö', "oe").replace(' ', "");
                let email = (name != "Özil").then(|| email(&format!("mail-{id}")));
                let person =
                    NewPerson { first_name: name.to_owned(), last_name: last.to_owned(), email, state, second_factor, ..new_person(&id) };
                assert_eq!(w.insert_person(&person, NOW).await?, Inserted::Yes);
            }
            assert!(w.insert_membership(&new_membership("cara", "globex", MembershipKind::Home)).await?);
            assert!(w.insert_username(&person_id("oezil"), &tenant_id("acme"), &Username::parse("gigi.b").unwrap(), NOW).await?);
            w.claim_attempt(&person_attempts(&person_id("cara")), 1, HOUR, DAY, NOW).await
        })
        .await
        .unwrap();
}

async fn everybody_is_listed_by_name_page_by_page(store: &Store) {
    crowd(store).await;
    let all = names(store, EverybodyFilter::default()).await;
    assert_eq!(all, ["Özil", "dora", "Zoe Anna", "ada", "bob", "cara"], "by last name, byte by byte on both engines");

    let two = store.read(async |r| r.everybody(&EverybodyFilter::default(), 2, NOW).await).await.unwrap();
    let after = Some(two[1].id.clone());
    assert_eq!(names(store, EverybodyFilter { after, ..EverybodyFilter::default() }).await, all[2..]);
}

async fn a_search_finds_beginnings_of_names_addresses_and_ids(store: &Store) {
    crowd(store).await;
    let search = async |text: &str| names(store, EverybodyFilter { search: text.to_owned(), ..EverybodyFilter::default() }).await;
    let cases: [(&str, &[&str]); 12] = [
        ("ann", &["Zoe Anna"]),
        ("MOHN", &["cara"]),
        ("müller-m", &["cara"]),
        ("example.c", &["dora", "Zoe Anna", "ada", "bob", "cara"]),
        ("mail-cara@", &["cara"]),
        ("öz", &["Özil"]),
        ("gigi", &["Özil"]),
        ("per_cara", &["cara"]),
        ("zoe abel", &["Zoe Anna"]),
        ("zoe mohn", &[]),
        ("ara", &[]),
        ("%", &[]),
    ];
    for (typed, found) in cases {
        assert_eq!(search(typed).await, found, "{typed}");
    }
    store.write(async |w| w.set_names(&person_id("cara"), "Carla", "Neu", NOW).await).await.unwrap();
    assert!(search("mohn").await.is_empty() && search("neu").await == ["Carla"], "the keys follow the name");
    store.write(async |w| w.set_details(&person_id("cara"), "Cara", "Selbst", Locale::De, NOW).await).await.unwrap();
    assert_eq!(search("selbst").await, ["Cara"]);
}

async fn filters_narrow_the_list_alone_and_together(store: &Store) {
    crowd(store).await;
    let of = |change: &dyn Fn(&mut EverybodyFilter)| {
        let mut filter = EverybodyFilter::default();
        change(&mut filter);
        filter
    };
    assert_eq!(names(store, of(&|f| f.state = Some("invited"))).await, ["dora"]);
    assert_eq!(names(store, of(&|f| f.state = Some("locked"))).await, ["cara"]);
    assert_eq!(names(store, of(&|f| f.factor = Some("totp"))).await, ["cara"]);
    assert!(names(store, of(&|f| f.tenant = Some(tenant_id("globex")))).await.contains(&"cara".to_owned()));
    assert!(!names(store, of(&|f| f.tenant = Some(tenant_id("globex")))).await.contains(&"dora".to_owned()));
    let both = of(&|f| {
        f.search = "example".to_owned();
        f.tenant = Some(tenant_id("globex"));
        f.state = Some("locked");
    });
    assert_eq!(names(store, both).await, ["cara"]);
    assert!(names(store, of(&|f| f.tenant = Some(tenant_id("none")))).await.is_empty());
    let called = async |text: &str| store.read(async |r| r.people_called(text).await).await.unwrap();
    assert_eq!(called(" MAIL-CARA@example.com ").await, [person_id("cara")]);
    assert_eq!(called("gigi.b").await, [person_id("oezil")]);
    assert_eq!(called("per_ada").await, [person_id("ada")]);
    assert!(called("cara").await.is_empty());
}

fn departure(name: &str, kind: DepartureKind) -> Departure {
    Departure {
        person: person_id(name),
        kind,
        into: (kind == DepartureKind::Merge).then(|| person_id("bob")),
        was_off: false,
        was_off_by_operator: false,
        ordered_by: "per_olga".to_owned(),
        ordered_at: NOW,
        due_at: NOW.plus(DAY),
        done_at: None,
    }
}

async fn a_departure_is_ordered_once_taken_back_or_done(store: &Store) {
    crowd(store).await;
    store
        .write(async |w| {
            let erase = departure("cara", DepartureKind::Erase);
            assert!(w.insert_departure(&erase).await?);
            assert!(!w.insert_departure(&erase).await?);
            assert!(w.departures_due(NOW, 9).await?.is_empty());
            assert_eq!(w.departures_due(NOW.plus(DAY), 9).await?, std::slice::from_ref(&erase));
            assert!(!w.cancel_departure(&erase.person, NOW.plus(DAY)).await?, "its day has come");
            assert!(w.cancel_departure(&erase.person, NOW).await?);
            assert!(!w.cancel_departure(&erase.person, NOW).await?);
            assert!(w.insert_departure(&erase).await?);
            assert!(w.finish_departure(&erase.person, NOW.plus(DAY)).await?);
            assert!(!w.finish_departure(&erase.person, NOW.plus(DAY)).await?);
            assert!(!w.cancel_departure(&erase.person, NOW).await?, "what is done is done");
            assert_eq!(w.departure(&erase.person).await?.expect("there").done_at, Some(NOW.plus(DAY)));
            let merged = Departure { done_at: Some(NOW), ..departure("dora", DepartureKind::Merge) };
            assert!(w.insert_departure(&merged).await?);
            assert_eq!(w.merged_into(&person_id("bob")).await?, [person_id("dora")]);
            assert_eq!(w.departed_in_trail(9).await?, [person_id("cara")]);
            w.note_pseudonymised(&person_id("cara"), NOW).await?;
            assert!(w.departed_in_trail(9).await?.is_empty());
            Ok(())
        })
        .await
        .unwrap();
}

async fn an_emptied_person_frees_the_address_and_keeps_the_id(store: &Store) {
    crowd(store).await;
    store
        .write(async |w| {
            w.insert_departure(&departure("cara", DepartureKind::Erase)).await?;
            w.empty_person(&person_id("cara"), NOW).await?;
            let row = w.person(&person_id("cara")).await?.expect("the row stays");
            assert_eq!((row.email.is_none(), row.name().as_str(), row.has_password), (true, "", false));
            assert_eq!((row.state, row.disabled_by_operator, row.lockout.failures), (PersonState::Deactivated, true, 0));
            let again = NewPerson { email: Some(email("mail-cara")), ..new_person("cara2") };
            assert_eq!(w.insert_person(&again, NOW).await?, Inserted::Yes);
            assert_eq!(w.person_by_email(&email("mail-cara")).await?.expect("there").id, person_id("cara2"));
            Ok(())
        })
        .await
        .unwrap();
    assert!(!names(store, EverybodyFilter::default()).await.contains(&String::new()));
    assert!(names(store, EverybodyFilter { search: "mohn".to_owned(), ..EverybodyFilter::default() }).await.is_empty());
}

async fn c12_nobody_fills_an_erased_person_again_and_no_token_tells_of_one(store: &Store) {
    furnish(store).await;
    let ada = person_id("ada");
    let claims = [("name".to_owned(), "Ada Example".into())].into_iter().collect();
    let token = AccessTokenRow {
        id: TokenId::from_text("tok_1"),
        grant: Some(grant_id()),
        client: client_id(),
        scope: "profile".to_owned(),
        opaque: Some(OpaqueToken { digest: digest("token"), claims }),
        expires_at: NOW.plus(HOUR),
        revoked_at: None,
    };
    let picture = Picture { id: PictureId::from_text("pic_1"), png: vec![7; 30] };
    let profile = Profile { nickname: "Countess".to_owned(), ..Profile::default() };

    store
        .write(async |w| {
            w.insert_access_token(&token).await?;
            w.empty_person(&ada, NOW).await?;
            assert!(!w.set_details(&ada, "Ada", "Example", Locale::De, NOW).await?);
            assert!(!w.set_names(&ada, "Ada", "Example", NOW).await?);
            assert!(!w.set_profile(&ada, &profile, NOW).await?);
            assert!(!w.set_picture(&ada, &picture, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let row = r.person(&ada).await?.expect("the row stays");
            assert_eq!((row.name().as_str(), row.profile), ("", Profile::default()));
            assert_eq!(r.picture_of(&ada).await?, None);
            let session = r.session(&session_id()).await?.expect("its id stays");
            assert_eq!(session.origin, Origin::default(), "but not where it was begun");
            let token = r.opaque_token(&digest("token")).await?.expect("its digest stays: it was issued");
            assert!(token.opaque.expect("no signed one").claims.is_empty());
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_membership_and_its_consents_are_given_to_another_person(store: &Store) {
    crowd(store).await;
    store
        .write(async |w| {
            let globex = tenant_id("globex");
            w.record_consent(&person_id("cara"), &globex, &client_id(), "openid", NOW).await?;
            w.give_membership(&membership_id("cara", "globex"), &person_id("dora"), MembershipKind::Guest).await?;
            let given = w.membership(&person_id("dora"), &globex).await?.expect("moved");
            assert_eq!((given.kind, given.api_access), (MembershipKind::Guest, false));
            assert_eq!(w.give_consents(&person_id("cara"), &person_id("dora"), &globex).await?, 1);
            assert_eq!(w.give_consents(&person_id("cara"), &person_id("dora"), &globex).await?, 0);
            w.end_membership(&given, NOW).await?;
            w.drop_membership(&given).await?;
            assert!(w.membership(&person_id("dora"), &globex).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    everybody_is_listed_by_name_page_by_page,
    a_search_finds_beginnings_of_names_addresses_and_ids,
    filters_narrow_the_list_alone_and_together,
    a_departure_is_ordered_once_taken_back_or_done,
    an_emptied_person_frees_the_address_and_keeps_the_id,
    c12_nobody_fills_an_erased_person_again_and_no_token_tells_of_one,
    a_membership_and_its_consents_are_given_to_another_person,
}
