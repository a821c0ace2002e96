//! Who a Microsoft account is here (microsoft.md 2.3; security.md J).
use serde_json::json;
use tenantry::model::{BoundVia, FederationMfa, InvitationMethod, MembershipState, PersonState};

use super::{Stage, connect, refusal};
use crate::harness::issuer::{Account, DIRECTORY, OTHER_DIRECTORY};

const ANNA: &str = "anna@contoso.example";

#[tokio::test]
async fn k30_an_invited_colleague_signs_in_with_microsoft_and_belongs_here_from_then_on() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    stage.t.mailbox.letter(ANNA).await;
    let account = Account::member(1, ANNA);

    let tokens = stage.tokens(&account, ANNA).await;
    let again = stage.tokens(&account, ANNA).await;

    assert_eq!((&tokens.claims["sub"], &again.claims["sub"]), (&json!(anna.id), &json!(anna.id)));
    assert_eq!(tokens.claims["amr"], json!(["email", "fed"]));
    let bound = stage.identities(&anna).await;
    assert_eq!((bound.len(), bound[0].oid.as_str(), bound[0].bound_via), (1, account.oid.as_str(), BoundVia::PinnedDomain));
    assert_eq!(bound[0].last_login_at, Some(stage.t.now()));
    let person = stage.person(&anna).await;
    assert_eq!((person.state, person.has_password), (PersonState::Active, false));
    assert_eq!(stage.membership(&anna, &stage.contoso).await, MembershipState::Active, "k34: the invitation is not pending any more");
}

#[tokio::test]
async fn j01_a_matching_address_never_finds_a_person() {
    let stage = Stage::set().await;
    let anna = stage.t.member(&stage.contoso, ANNA).await;
    let invited = stage.invited("vera@contoso.example", InvitationMethod::Microsoft).await;
    let by_password = stage.invited("paul@contoso.example", InvitationMethod::Password).await;
    let accounts = [
        Account::member(1, ANNA).with("xms_edov", true).with("upn", ANNA),
        Account::member(2, "vera@contoso.example").with("acct", 1),
        Account::member(3, "mallory@contoso.example").with("email", "vera@contoso.example"),
        Account::member(4, "vera@contoso.example").with("idp", "https://sts.windows.net/66666666-dead-4bad-8bad-666666666666/"),
        Account::member(5, "paul@contoso.example"),
        Account::member(6, "nobody@contoso.example"),
    ];

    for account in accounts {
        let (browser, _) = stage.sign_in(&account).await;

        assert_eq!(refusal(&browser), (403, "upstream_not_connected".to_owned()), "{account:?}");
    }
    assert!(stage.identities(&anna).await.is_empty());
    stage.assert_still_invited(&invited).await;
    stage.assert_still_invited(&by_password).await;
}

#[tokio::test]
async fn j01_a_directory_that_is_not_pinned_completes_no_invitation() {
    let stage = Stage::set().await;
    let other = connect(&stage.t, &stage.issuer, OTHER_DIRECTORY, None, false).await;
    let anna = stage.invited(ANNA, InvitationMethod::Any).await;
    let (mut browser, _) = stage.at_login(&[]).await;

    let away = stage.depart(&mut browser, &other).await;
    browser.goto(stage.issuer.sign_in(&away, &Account::member(1, ANNA).with("xms_edov", "1"))).await;

    assert_eq!(refusal(&browser).1, "upstream_not_connected");
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn j02_a_token_of_another_directory_is_refused() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;

    let (browser, _) = stage.sign_in(&Account::member(1, ANNA).with("tid", OTHER_DIRECTORY)).await;

    assert_eq!(refusal(&browser), (403, "upstream_wrong_directory".to_owned()));
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn b29_j08_whoever_was_deactivated_is_refused_like_a_stranger_and_not_half_signed_in() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    stage.t.mailbox.letter(ANNA).await;
    let account = Account::member(1, ANNA);
    stage.tokens(&account, ANNA).await;
    stage.db_person_state(&anna, PersonState::Deactivated).await;

    let (mut browser, request) = stage.sign_in(&account).await;

    assert_eq!(refusal(&browser), (403, "upstream_not_connected".to_owned()));
    browser.goto(request.url.as_str()).await;
    assert_eq!(browser.path(), "/login");
    assert!(stage.t.mailbox.everything().await.is_empty());
}

#[tokio::test]
async fn j10_an_address_with_two_ats_completes_no_invitation() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;

    for text in ["anna@contoso.example@evil.example", " anna@contoso.example", "Anna <anna@contoso.example>"] {
        let account = Account::member(1, text).with("xms_edov", true);
        let (browser, _) = stage.sign_in(&account).await;

        assert_eq!(refusal(&browser).1, "upstream_not_connected", "{text}");
    }
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn j11_the_same_object_id_in_two_directories_is_two_identities() {
    let stage = Stage::set().await;
    let fabrikam = stage.t.tenant("fabrikam").await;
    let other = connect(&stage.t, &stage.issuer, OTHER_DIRECTORY, Some((fabrikam.id.clone(), "fabrikam.example")), false).await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    let bert = stage.invited_to(&fabrikam, "bert@fabrikam.example", InvitationMethod::Microsoft).await;
    stage.t.mailbox.everything().await;
    let here = stage.tokens(&Account::member(1, ANNA), ANNA).await;

    let (mut browser, request) = stage.at_login(&[]).await;
    let away = stage.depart(&mut browser, &other).await;
    browser.goto(stage.issuer.sign_in(&away, &Account::member(1, "bert@fabrikam.example"))).await;
    stage.code(&mut browser, "bert@fabrikam.example").await;
    let code = stage.party.landed(&request, browser.landing()).code();
    let there = stage.party.exchange(&request, &code).await.unwrap();

    assert_eq!((&here.claims["sub"], &there.claims["sub"]), (&json!(anna.id), &json!(bert.id)));
    let (one, two) = (stage.identities(&anna).await.remove(0), stage.identities(&bert).await.remove(0));
    assert_eq!((one.oid, one.tid.as_str(), two.tid.as_str()), (two.oid, DIRECTORY, OTHER_DIRECTORY));
}

#[tokio::test]
async fn j13_an_address_that_changes_at_microsoft_changes_nothing_here() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    stage.t.mailbox.letter(ANNA).await;
    stage.tokens(&Account::member(1, ANNA), ANNA).await;
    let victim = stage.t.member(&stage.contoso, "vera@contoso.example").await;

    let renamed = Account::member(1, "vera@contoso.example").with("xms_edov", true);
    let tokens = stage.tokens(&renamed, ANNA).await;

    assert_eq!(tokens.claims["sub"], anna.id.as_str());
    assert_eq!(stage.party.userinfo(&tokens.access).await.unwrap()["email"], ANNA);
    assert_eq!(stage.person(&anna).await.handle(), ANNA);
    assert!(stage.identities(&victim).await.is_empty());
}

#[tokio::test]
async fn h_an_account_that_was_made_anew_gets_nothing_of_the_one_before() {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, InvitationMethod::Microsoft).await;
    stage.t.mailbox.letter(ANNA).await;
    stage.tokens(&Account::member(1, ANNA), ANNA).await;

    let (browser, _) = stage.sign_in(&Account::member(2, ANNA)).await;

    assert_eq!(refusal(&browser), (403, "upstream_bound_elsewhere".to_owned()));
    assert_eq!(stage.identities(&anna).await.len(), 1);
}

#[tokio::test]
async fn c10_the_directory_that_vouches_for_its_own_factor_spares_ours() {
    let stage = Stage::set().await;
    let fabrikam = stage.t.tenant("fabrikam").await;
    let vouched = connect(&stage.t, &stage.issuer, OTHER_DIRECTORY, Some((fabrikam.id.clone(), "fabrikam.example")), true).await;
    stage.invited_to(&fabrikam, "bert@fabrikam.example", InvitationMethod::Microsoft).await;
    let (mut browser, request) = stage.at_login(&[]).await;

    let away = stage.depart(&mut browser, &vouched).await;
    browser.goto(stage.issuer.sign_in(&away, &Account::member(1, "bert@fabrikam.example"))).await;
    let code = stage.party.landed(&request, browser.landing()).code();
    let tokens = stage.party.exchange(&request, &code).await.unwrap();

    assert_eq!((&tokens.claims["amr"], &tokens.claims["acr"]), (&json!(["fed", "mfa"]), &json!("urn:tenantry:acr:mfa")));
}

#[tokio::test]
async fn c10_a_tenant_that_trusts_no_directory_asks_for_its_own_factor() {
    let stage = Stage::set().await;
    let strict = stage.t.tenant_with("strict", |policy| policy.federation_mfa = FederationMfa::Local).await;
    let vouched = connect(&stage.t, &stage.issuer, OTHER_DIRECTORY, Some((strict.id.clone(), "strict.example")), true).await;
    stage.invited_to(&strict, "bert@strict.example", InvitationMethod::Microsoft).await;
    let (mut browser, _) = stage.at_login(&[]).await;

    let away = stage.depart(&mut browser, &vouched).await;
    browser.goto(stage.issuer.sign_in(&away, &Account::member(1, "bert@strict.example"))).await;

    assert_eq!(browser.path(), "/login/code");
}

#[tokio::test]
async fn g16_a_second_factor_that_only_the_token_claims_is_asked_for_here() {
    let stage = Stage::set().await;
    stage.invited(ANNA, InvitationMethod::Microsoft).await;
    stage.t.mailbox.letter(ANNA).await;
    let forged =
        Account::member(1, ANNA).with("amr", json!(["pwd", "mfa"])).with("acr", "urn:tenantry:acr:mfa").with("acrs", json!(["c1"]));

    let tokens = stage.tokens(&forged, ANNA).await;

    assert_eq!(tokens.claims["amr"], json!(["email", "fed"]), "the code from the letter was asked for, and counts as no more");
    assert_eq!(tokens.claims["acr"], "urn:tenantry:acr:email");
}
