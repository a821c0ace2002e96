//! ID tokens: what passes, and every mutation of one with the rule that it breaks (microsoft.md 1.3 and 1.4).
use serde_json::{Value, json};

use super::super::Reason;
use super::super::stand_in::*;
use super::reason;
use crate::model::UpstreamClaims;

/// Finishes a sign-in whose ID token was changed before it was signed with the right key.
async fn with(change: impl FnOnce(&mut Value, &mut Value)) -> Result<UpstreamClaims, Reason> {
    let microsoft = StandIn::start().await;
    let (mut header, mut claims) = (header("first"), claims(&microsoft.host));
    change(&mut header, &mut claims);
    microsoft.change(|script| script.token = token_answer(&signed(FIRST_KEY, &header, &claims)));
    reason(microsoft.finish(NOW).await)
}

async fn with_claim(name: &str, value: Value) -> Result<UpstreamClaims, Reason> {
    with(|_, claims| claims[name] = value).await
}

async fn without_claim(name: &str) -> Result<UpstreamClaims, Reason> {
    with(|_, claims| {
        claims.as_object_mut().unwrap().remove(name);
    })
    .await
}

#[tokio::test]
async fn a_token_that_breaks_no_rule_is_believed() {
    let microsoft = StandIn::start().await;

    let claims = microsoft.finish(NOW).await.unwrap();

    let expected = UpstreamClaims {
        cloud_host: microsoft.host.clone(),
        tid: TID.into(),
        oid: OID.into(),
        sub: "pairwise-subject".into(),
        email: Some("anna@contoso.example".into()),
        preferred_username: Some("anna@contoso.example".into()),
        name: Some("Anna Example".into()),
        email_domain_verified: false,
        guest: false,
        auth_time: None,
    };
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn every_wrong_claim_is_refused_with_its_own_reason() {
    let now = NOW.seconds();
    let table = [
        ("ver", json!("1.0"), Reason::Version),
        ("tid", json!("contoso.example"), Reason::DirectoryId),
        ("tid", json!(TID.to_uppercase()), Reason::DirectoryId),
        ("iss", json!(format!("https://login.microsoftonline.com/{TID}/v2.0")), Reason::Issuer),
        ("aud", json!("another-application"), Reason::Audience),
        ("aud", json!([CLIENT, "another-application"]), Reason::Audience),
        ("aud", json!([CLIENT, CLIENT]), Reason::Audience),
        ("aud", json!([]), Reason::Audience),
        ("nonce", json!("another nonce"), Reason::Nonce),
        ("exp", json!(now - 120), Reason::Expired),
        ("nbf", json!(now + 121), Reason::NotYetValid),
        ("nbf", json!(-1), Reason::NotYetValid),
        ("iat", json!(now + 121), Reason::IssuedAt),
        ("iat", json!(now - 3601), Reason::IssuedAt),
        ("azp", json!("another-application"), Reason::AuthorizedParty),
        ("oid", json!("anna"), Reason::ObjectId),
        ("oid", json!(format!("{OID} ")), Reason::ObjectId),
        ("sub", json!(""), Reason::Subject),
        ("sub", json!(7), Reason::Malformed),
    ];
    for (claim, value, expected) in table {
        assert_eq!(with_claim(claim, value.clone()).await, Err(expected), "{claim} = {value}");
    }
}

#[tokio::test]
async fn every_missing_claim_is_refused() {
    let table = [
        ("ver", Reason::Version),
        ("tid", Reason::DirectoryId),
        ("iss", Reason::Issuer),
        ("nonce", Reason::Nonce),
        ("oid", Reason::ObjectId),
        ("aud", Reason::Audience),
        // The crate cannot read a token without these.
        ("exp", Reason::Malformed),
        ("iat", Reason::Malformed),
        ("sub", Reason::Malformed),
    ];
    for (claim, expected) in table {
        assert_eq!(without_claim(claim).await, Err(expected), "{claim}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_two_minutes_and_no_more() {
    let now = NOW.seconds();

    assert!(with_claim("exp", json!(now - 119)).await.is_ok());
    assert!(with_claim("nbf", json!(now + 120)).await.is_ok());
    assert!(with_claim("iat", json!(now + 120)).await.is_ok());
}

#[tokio::test]
async fn d07_a_time_that_is_none_is_refused_without_a_panic() {
    for (claim, reason) in [("exp", Reason::Expired), ("nbf", Reason::NotYetValid), ("iat", Reason::IssuedAt)] {
        for second in [json!(i64::MAX), json!(253_402_300_800_i64), json!(i64::MIN)] {
            let refused = with_claim(claim, second.clone()).await.unwrap_err();
            assert!(refused == reason || refused == Reason::Malformed, "{claim} = {second}: {refused}");
        }
        for second in [json!(1e30), json!(u64::MAX), json!("1800000000"), json!(1_800_000_000.5)] {
            assert_eq!(with_claim(claim, second.clone()).await, Err(Reason::Malformed), "{claim} = {second}");
        }
    }
}

#[tokio::test]
async fn j02_a_token_of_another_directory_is_refused() {
    let whole = with(|_, claims| {
        let issuer = claims["iss"].as_str().unwrap().replace(TID, OTHER_TID);
        claims["tid"] = json!(OTHER_TID);
        claims["iss"] = json!(issuer);
    });

    assert_eq!(whole.await, Err(Reason::ForeignDirectory));
    assert_eq!(with_claim("tid", json!(OTHER_TID)).await, Err(Reason::ForeignDirectory));
}

#[tokio::test]
async fn an_issuer_of_one_directory_with_the_tid_of_another_is_refused() {
    let mixed = with(|_, claims| claims["iss"] = json!(claims["iss"].as_str().unwrap().replace(TID, OTHER_TID)));

    assert_eq!(mixed.await, Err(Reason::Issuer));
}

#[tokio::test]
async fn a_wrong_header_is_refused() {
    let table = [
        ("alg", json!("none"), Reason::Algorithm),
        ("alg", json!("HS256"), Reason::Algorithm),
        ("alg", json!("PS256"), Reason::Algorithm),
        ("alg", json!("RS512"), Reason::Algorithm),
        ("alg", json!("rs256"), Reason::Algorithm),
        ("kid", json!(""), Reason::NoKeyId),
        ("kid", Value::Null, Reason::NoKeyId),
        ("kid", json!("another"), Reason::UnknownKey),
        ("crit", json!(["exp"]), Reason::CriticalHeader),
        ("typ", json!("at+jwt"), Reason::Malformed),
    ];
    for (member, value, expected) in table {
        assert_eq!(with(|header, _| header[member] = value.clone()).await, Err(expected), "{member} = {value}");
    }
}

#[tokio::test]
async fn a_signature_of_another_key_or_over_another_text_is_refused() {
    let microsoft = StandIn::start().await;
    let good = signed(FIRST_KEY, &header("first"), &claims(&microsoft.host));
    let (input, signature) = good.rsplit_once('.').unwrap();
    let other = signed(FIRST_KEY, &header("first"), &json!({}));
    let forgeries = [
        signed(SECOND_KEY, &header("first"), &claims(&microsoft.host)),
        format!("{input}.{}", other.rsplit_once('.').unwrap().1),
        format!("{input}."),
        format!("{input}.{}", &signature[4..]),
    ];
    for forgery in forgeries {
        microsoft.change(|script| script.token = token_answer(&forgery));

        assert_eq!(reason(microsoft.finish(NOW).await), Err(Reason::Signature), "{forgery}");
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let microsoft = StandIn::start().await;
    let good = signed(FIRST_KEY, &header("first"), &claims(&microsoft.host));
    let twice = claims(&microsoft.host).to_string().replacen("{", &format!("{{\"tid\":\"{OTHER_TID}\","), 1);
    let forms = [
        String::new(),
        "a.b".into(),
        format!("{good}.more"),
        good.replacen('.', "..", 1),
        format!("{good}{}", "A".repeat(40_000)),
        format!("={good}"),
        sealed(FIRST_KEY, &header("first"), &twice),
        sealed(FIRST_KEY, &header("first"), "[]"),
    ];
    for form in forms {
        microsoft.change(|script| script.token = token_answer(&form));

        assert_eq!(reason(microsoft.finish(NOW).await), Err(Reason::Malformed), "{}", &form[..form.len().min(80)]);
    }
}

#[tokio::test]
async fn the_mark_of_a_verified_domain_is_read_leniently() {
    for set in [json!(true), json!(1), json!("1"), json!("true"), json!("True")] {
        assert!(with_claim("xms_edov", set.clone()).await.unwrap().email_domain_verified, "{set}");
    }
    for unset in [json!(false), json!(0), json!("0"), json!("yes"), json!([true]), Value::Null] {
        assert!(!with_claim("xms_edov", unset.clone()).await.unwrap().email_domain_verified, "{unset}");
    }
}

#[tokio::test]
async fn a_guest_is_told_by_acct_or_by_a_foreign_identity_provider() {
    let own = json!(format!("https://sts.windows.net/{TID}/"));

    assert!(with_claim("acct", json!(1)).await.unwrap().guest);
    assert!(with_claim("acct", json!("1")).await.unwrap().guest);
    assert!(with_claim("idp", json!(format!("https://sts.windows.net/{OTHER_TID}/"))).await.unwrap().guest);
    assert!(with_claim("idp", json!("live.com")).await.unwrap().guest);
    assert!(with_claim("idp", json!(["odd"])).await.unwrap().guest);
    assert!(!with_claim("idp", own).await.unwrap().guest);
    assert!(!with_claim("acct", json!(0)).await.unwrap().guest);
}

#[tokio::test]
async fn claims_that_decide_nothing_may_be_absent() {
    let claims = with_claim("auth_time", json!(1_799_999_000)).await.unwrap();

    assert_eq!(claims.auth_time, Some(1_799_999_000));
    assert_eq!(without_claim("email").await.unwrap().email, None);
}
