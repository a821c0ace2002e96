//! What was decided about somebody a moment before all that the person holds ended: it is written down after that, and
//! must grant nothing (security.md H08, C04, I25). Each test takes a request apart where another one may come between.
use std::sync::Arc;

use tenantry::app::Registered;
use tenantry::model::{Agent, Amr, Client, FactorKind, Flow, FlowId, Locale, PersonId, TenantId};
use tenantry::protocol::authorize::AuthorizeRequest;
use tenantry::protocol::flow::{Next, next};
use tenantry::service::authorize::Stored;
use tenantry::service::facts::{self, Loaded};
use tenantry::service::issue::{Decided, issue};
use tenantry::service::{Network, Visitor, security};
use tenantry::world::Digest;

use super::Scene;
use crate::harness::browser::Browser;
use crate::harness::relying_party::RelyingParty;
use crate::harness::tenantry::Tenantry;

/// What a request has read and decided, before it writes.
pub struct Late {
    pub flow: Flow,
    pub visitor: Visitor,
    pub registered: Arc<Registered>,
    pub client: Arc<Client>,
    pub request: AuthorizeRequest,
    pub loaded: Loaded,
    pub tenant: TenantId,
}

impl Late {
    /// The request of the page at which the browser stands, once `answered` has given what the page asks for.
    pub async fn at(t: &Tenantry, browser: &Browser, answered: impl FnOnce(&mut Flow)) -> Self {
        let id = browser.page().url.query_pairs().find(|(name, _)| name == "flow").expect("a page of a sign-in").1.into_owned();
        let (mut flow, session) = t
            .app
            .store
            .read(async |r| {
                let flow = r.flow(&FlowId::from_text(id)).await?.expect("the flow is stored");
                let session = match &flow.progress.session {
                    Some(session) => r.session(session).await?,
                    None => None,
                };
                Ok((flow, session))
            })
            .await
            .unwrap();
        answered(&mut flow);
        let visitor = Visitor { session, ..stranger(flow.browser.clone()) };
        let registered = t.app.registered();
        let client = Arc::clone(registered.clients.get(&flow.client).unwrap());
        let request: AuthorizeRequest = serde_json::from_str(&flow.request).unwrap();
        let loaded = facts::load(&t.app, &registered, &client, &flow, &visitor, t.now()).await.unwrap();
        let Next::Issue { tenant } = next(&request, &loaded.facts, t.now()) else { panic!("something is asked") };
        Self { flow, visitor, registered, client, request, loaded, tenant }
    }

    /// Did it lead to a code?
    async fn issues(self, t: &Tenantry) -> bool {
        let Self { flow, visitor, registered, client, request, loaded, tenant } = &self;
        let (app, now) = (&*t.app, t.now());
        let decided = Decided { app, registered, request, client, loaded, tenant, visitor, now };
        issue(&decided, flow.clone(), Stored::Yes).await.unwrap().is_some()
    }
}

fn stranger(browser: Digest) -> Visitor {
    Visitor { browser, session: None, browser_state: None, network: Network::local(), locale: Locale::En, agent: Agent::default() }
}

/// How something ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Nothing,
    Password,
    Disabled,
    Factor,
    Session,
    Membership,
}

impl Ending {
    pub async fn comes(self, t: &Tenantry, person: &PersonId, tenant: &TenantId) {
        let now = t.now();
        let all = |kind| matches!(kind, Self::Password | Self::Disabled | Self::Factor | Self::Session);
        t.app
            .store
            .write(async |w| {
                match self {
                    Self::Password => w.set_password(person, "another hash", now.plus(std::time::Duration::from_secs(1))).await?,
                    Self::Disabled => assert!(w.disable_person(person, false, now).await?),
                    Self::Factor => w.set_second_factor(person, FactorKind::Totp, now).await?,
                    Self::Membership => {
                        let membership = w.membership(person, tenant).await?.unwrap();
                        assert!(w.end_membership(&membership, now).await?);
                    }
                    Self::Nothing | Self::Session => {}
                }
                if all(self) {
                    w.end_sessions_of(person, now).await?;
                    w.end_grants_of_person(person, now).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }
}

async fn held(t: &Tenantry, person: &PersonId) -> (usize, usize) {
    let now = t.now();
    let read = t.app.store.read(async |r| Ok((r.sessions_of(person, now).await?.len(), r.applications_of(person, now).await?.len())));
    read.await.unwrap()
}

async fn at_consent(s: &Scene, party: &RelyingParty) -> Browser {
    let mut browser = s.t.browser();
    browser.goto(party.authorize(&["openid", "offline_access"], &[]).url.as_str()).await;
    s.t.sign_in(&mut browser, &s.anna).await;
    assert_eq!(browser.path(), "/consent");
    browser
}

#[tokio::test]
async fn h08_c04_an_answer_on_a_page_grants_nothing_once_the_session_has_ended() {
    for ending in [Ending::Nothing, Ending::Password, Ending::Disabled, Ending::Session, Ending::Membership] {
        let s = Scene::set().await;
        let party = s.t.party_with(|_| {}).await;
        let browser = at_consent(&s, &party).await;
        let late = Late::at(&s.t, &browser, |flow| flow.progress.consented = true).await;

        ending.comes(&s.t, &s.anna.id, &s.acme.id).await;

        assert_eq!(late.issues(&s.t).await, ending == Ending::Nothing, "{ending:?}");
        assert_eq!(held(&s.t, &s.anna.id).await.1, usize::from(ending == Ending::Nothing), "{ending:?}");
    }
}

#[tokio::test]
async fn h08_c04_a_sign_in_that_was_under_way_makes_no_session_once_all_has_ended() {
    for ending in [Ending::Nothing, Ending::Password, Ending::Disabled, Ending::Factor] {
        let s = Scene::set().await;
        let (browser, _) = s.half_way().await;
        let now = s.t.now();
        let late = Late::at(&s.t, &browser, |flow| {
            flow.progress.factor_here = true;
            flow.progress.proof.amr.insert(Amr::Email);
            flow.progress.proof.factor_at = Some(now);
        })
        .await;

        ending.comes(&s.t, &s.anna.id, &s.acme.id).await;

        let good = ending == Ending::Nothing;
        assert_eq!(late.issues(&s.t).await, good, "{ending:?}");
        assert_eq!(held(&s.t, &s.anna.id).await, (usize::from(good), usize::from(good)), "{ending:?}");
    }
}

#[tokio::test]
async fn h08_what_a_session_does_to_the_account_is_undone_once_the_session_has_ended() {
    for ending in [Ending::Session, Ending::Nothing] {
        let s = Scene::set().await;
        s.signed_in().await;
        let (person, session) =
            s.t.app
                .store
                .read(async |r| Ok((r.person(&s.anna.id).await?.unwrap(), r.sessions_of(&s.anna.id, s.t.now()).await?.remove(0))))
                .await
                .unwrap();
        let visitor = Visitor { session: Some(session), ..stranger(Digest::from_stored("browser".to_owned())) };

        ending.comes(&s.t, &s.anna.id, &s.acme.id).await;
        let switched = security::switch(&s.t.app, &person, FactorKind::None, &visitor, s.t.now()).await.unwrap();

        let good = ending == Ending::Nothing;
        assert_eq!(switched.is_some(), good);
        let after = s.t.app.store.read(async |r| r.person(&s.anna.id).await).await.unwrap().unwrap();
        assert_eq!(after.second_factor, if good { FactorKind::None } else { FactorKind::Email });
        assert_eq!(held(&s.t, &s.anna.id).await.0, usize::from(good), "no session comes back");
    }
}
