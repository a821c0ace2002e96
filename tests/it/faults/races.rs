//! Single use under parallel fire, on every node at once (security.md B02, C01, F01, G01, R04, R05).
use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::StatusCode;

use super::{Cluster, answer, rounds};
use crate::harness::browser::Browser;
use crate::harness::par::par;
use crate::harness::world::{PASSWORD, Someone};

const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn b02_parallel_redemption_of_a_code_has_one_winner() {
    let cluster = Arc::new(Cluster::start().await);
    let anna = cluster.t.member(&cluster.tenant, "anna@acme.example").await;

    for round in 0..rounds(5) {
        let code = cluster.code(&anna).await;
        let answers = par(AT_ONCE, |n| {
            let (cluster, code) = (Arc::clone(&cluster), code.clone());
            async move { answer(cluster.redeem(n, &code)).await.unwrap() }
        })
        .await;

        let won = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
        let refused = answers.iter().filter(|(_, body)| body["error"] == "invalid_grant").count();
        assert_eq!((won, refused), (1, AT_ONCE - 1), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_parallel_refresh_makes_one_successor() {
    let cluster = Arc::new(Cluster::start().await);
    let anna = cluster.t.member(&cluster.tenant, "anna@acme.example").await;
    let mut token = cluster.family(&anna).await;

    for round in 0..rounds(5) {
        let answers = par(AT_ONCE, |n| {
            let (cluster, token) = (Arc::clone(&cluster), token.clone());
            async move { answer(cluster.refresh(n, &token)).await.unwrap() }
        })
        .await;

        assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK), "round {round}");
        let successors: BTreeSet<String> = answers.iter().map(|(_, body)| body["refresh_token"].as_str().unwrap().to_owned()).collect();
        assert_eq!(successors.len(), 1, "round {round}: the family forked");
        token = successors.into_iter().next().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k20_parallel_use_of_an_email_code_has_one_winner() {
    let cluster = Arc::new(Cluster::start().await);

    for round in 0..rounds(3) {
        let email = format!("anna{round}@acme.example");
        let person = cluster.t.member(&cluster.tenant, &email).await;
        let at_code = cluster.at_second_factor(&person).await;
        let code = cluster.mailed_code(&email).await;

        assert_eq!(cluster.winners(&at_code, &code).await, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g01_parallel_use_of_a_totp_step_has_one_winner() {
    let cluster = Arc::new(Cluster::start().await);

    for round in 0..rounds(3) {
        let person = cluster.t.member(&cluster.tenant, &format!("tom{round}@acme.example")).await;
        let app = cluster.t.db_authenticator(&person).await;
        let at_code = cluster.at_second_factor(&person).await;

        assert_eq!(cluster.winners(&at_code, &app.code(cluster.now())).await, 1, "round {round}");
    }
}

/// A browser that gave the password and stands before the second factor: its cookies and the form.
struct AtCode {
    cookies: String,
    fields: Vec<(String, String)>,
}

impl Cluster {
    async fn at_second_factor(&self, person: &Someone) -> AtCode {
        let mut browser = Browser::new(&self.origins[0]);
        browser.goto(format!("{}/login/start", self.origins[0])).await;
        browser.fill("#identifier", &person.email).fill("#password", PASSWORD).submit("#login-submit").await;
        assert_eq!(browser.path(), "/login/code");
        let cookies: Vec<String> = browser.jar.cookies().iter().map(|c| format!("{}={}", c.name, c.value)).collect();
        let fields = browser.form("#code-submit").fields;
        AtCode { cookies: cookies.join("; "), fields }
    }

    /// Sends the same code many times at once. Who wins is sent on with a session; the others see the page again.
    async fn winners(self: &Arc<Self>, at: &AtCode, code: &str) -> usize {
        let mut fields = at.fields.clone();
        fields.retain(|(name, _)| name != "code");
        fields.push(("code".into(), code.into()));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let sessions = par(AT_ONCE, |n| {
            let request = self
                .http
                .post(format!("{}/login/code", self.origin(n)))
                .header("cookie", &at.cookies)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.clone());
            async move {
                let answer = request.send().await.unwrap();
                assert!(!answer.status().is_server_error(), "{}", answer.status());
                let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|c| c.to_str().ok());
                cookies.filter(|c| c.contains("tenantry-session=") && !c.contains("Max-Age=0")).count()
            }
        })
        .await;
        sessions.into_iter().sum()
    }
}
