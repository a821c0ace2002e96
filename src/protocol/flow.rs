//! The steps of a sign-in. Each page records a fact and comes back here; the first open question wins.
//!
//! `next` is asked for every request of a flow and for nothing else: a step posted out of order is simply answered
//! with the page that is due.
use std::collections::BTreeMap;

use super::authorize::{AuthorizeRequest, Target};
use super::error::{ErrorCode, OAuthError, Reason};
use super::scope::Scopes;
use crate::model::{Acr, Amr, Denial, FactorKind, PersonId, Proof, TenantId, Verdict};
use crate::world::Timestamp;

/// What is known when a step is decided.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Who gave the first factor, here or in the session.
    pub person: Option<PersonFacts>,
    /// What this browser has proved so far.
    pub proof: Proof,
    /// The first factor was given in this flow.
    pub signed_in_here: bool,
    /// The second factor was given in this flow.
    pub factor_here: bool,
    /// Every tenant that the person belongs to, last used first.
    pub seats: Vec<Seat>,
    /// Chosen on the page of this flow.
    pub chosen: Option<TenantId>,
    /// Chosen earlier in this session, for this client or at all.
    pub remembered: Option<TenantId>,
    /// Scopes that the person has granted this client, by tenant.
    pub consents: BTreeMap<TenantId, Scopes>,
    pub consented_here: bool,
    pub account_confirmed: bool,
    /// The application is first-party: nobody is asked.
    pub consent_implicit: bool,
    /// The password has to be renewed (people.md S17).
    pub password_overdue: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    pub id: PersonId,
    /// What the client knows the person by.
    pub sub: String,
    pub second_factor: FactorKind,
    /// Has passkeys beside or as the second factor. Looked up only where a request could want one.
    pub passkeys: bool,
    /// Can a code be sent? Not to people without an e-mail address (people.md S19).
    pub has_email: bool,
}

/// One membership with the decision of `policy::entry::decide` about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub tenant: TenantId,
    pub number: String,
    pub slug: String,
    pub verdict: Verdict,
}

impl Seat {
    /// Is this the tenant that `tenant=` names: by id, number or slug?
    fn is(&self, hint: &str) -> bool {
        self.tenant.as_str() == hint || self.number == hint || self.slug == hint
    }

    pub fn possible(&self) -> bool {
        !matches!(self.verdict, Verdict::Denied(_))
    }
}

/// A question to the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    SignIn,
    SelectAccount,
    SecondFactor(FactorKind),
    /// The tenant wants a stronger factor than the person has: set one up first (people.md P17).
    Enrol,
    /// The password is too old: choose another one (people.md S17).
    NewPassword,
    ChooseTenant,
    Consent(TenantId),
    /// A device waits to be let in for this tenant: asked every time (security.md N01).
    Device(TenantId),
}

/// What happens next in a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Ask(Ask),
    Refuse(OAuthError),
    /// Every question is answered: the client gets a code for this tenant.
    Issue {
        tenant: TenantId,
    },
    /// Every question is answered: a page of our own is shown.
    Open {
        path: String,
    },
}

type Step = fn(&AuthorizeRequest, &Facts, Timestamp) -> Result<Option<Ask>, OAuthError>;

/// Asked in this order. A new step is one line here.
const STEPS: &[Step] = &[sign_in, second_factor, new_password, choose_tenant, consent];

/// Decides the next step of a flow.
pub fn next(request: &AuthorizeRequest, facts: &Facts, now: Timestamp) -> Next {
    for step in STEPS {
        match step(request, facts, now) {
            Ok(None) => {}
            Ok(Some(ask)) if request.prompt.none => return Next::Refuse(silent(&ask)),
            Ok(Some(ask)) => return Next::Ask(ask),
            Err(refused) => return Next::Refuse(unseen(request, refused)),
        }
    }
    if let Target::Own { path } = &request.target {
        return Next::Open { path: path.clone() };
    }
    match tenant(request, facts) {
        Ok(Some(seat)) => match seat.verdict {
            Verdict::Enter => Next::Issue { tenant: seat.tenant.clone() },
            Verdict::NeedsFactor(_) => Next::Refuse(denied(Reason::FactorMissing)),
            Verdict::Denied(denial) => Next::Refuse(unseen(request, denied(reason(denial)))),
        },
        Ok(None) => Next::Refuse(denied(Reason::TenantNotMember)),
        Err(refused) => Next::Refuse(unseen(request, refused)),
    }
}

/// With `prompt=none` nobody sits before the answer: the application alone would learn who is locked.
fn unseen(request: &AuthorizeRequest, refused: OAuthError) -> OAuthError {
    if request.prompt.none && refused.reason == Reason::MembershipDormant {
        return OAuthError::new(refused.code, NO_ENTRY, refused.reason);
    }
    refused
}

const NO_ENTRY: &str = "The person may not enter this tenant with this application";

/// OpenID Connect Core 3.1.2.6: `prompt=none` names the question instead of asking it.
fn silent(ask: &Ask) -> OAuthError {
    let (code, text, reason) = match ask {
        Ask::SignIn | Ask::SecondFactor(_) => (ErrorCode::LoginRequired, "The person must sign in", Reason::SilentLogin),
        Ask::SelectAccount | Ask::ChooseTenant => {
            (ErrorCode::AccountSelectionRequired, "The person must choose an account or tenant", Reason::SilentSelection)
        }
        Ask::NewPassword => (ErrorCode::InteractionRequired, "The person must renew the password", Reason::SilentInteraction),
        Ask::Enrol => (ErrorCode::InteractionRequired, "The person must set up a second factor", Reason::SilentInteraction),
        Ask::Consent(_) | Ask::Device(_) => (ErrorCode::ConsentRequired, "The person must consent", Reason::SilentConsent),
    };
    OAuthError::new(code, text, reason)
}

fn denied(reason: Reason) -> OAuthError {
    // people.md S35, C18: who is told this has proved who it is.
    let text = match reason {
        Reason::MembershipDormant => "The person is locked in this tenant after a long absence; its administrator can help",
        _ => NO_ENTRY,
    };
    OAuthError::new(ErrorCode::AccessDenied, text, reason)
}

/// Maps a denial of the decision function to the reason that is logged.
pub fn reason(denial: Denial) -> Reason {
    match denial {
        Denial::PersonNotActive => Reason::PersonNotActive,
        Denial::NotMember => Reason::TenantNotMember,
        Denial::MembershipNotActive => Reason::MembershipNotActive,
        Denial::MembershipDormant => Reason::MembershipDormant,
        Denial::TenantDisabled => Reason::TenantDisabled,
        Denial::ClientDisabled => Reason::ClientDisabled,
        Denial::ClientNotEntitled => Reason::ClientNotEntitled,
        Denial::ApiAccessMissing => Reason::ApiAccessMissing,
    }
}

fn sign_in(request: &AuthorizeRequest, facts: &Facts, now: Timestamp) -> Result<Option<Ask>, OAuthError> {
    let (Some(person), Some(signed_in_at)) = (&facts.person, facts.proof.signed_in_at) else {
        return Ok(Some(Ask::SignIn));
    };
    // OpenID Connect Core 3.1.2.1: with id_token_hint, another person must not be returned.
    if request.hinted_person.as_deref().is_some_and(|hinted| hinted != person.sub) {
        if request.prompt.none || facts.signed_in_here {
            let text = "Another person than the hinted one is signed in";
            return Err(OAuthError::new(ErrorCode::LoginRequired, text, Reason::HintOfAnotherPerson));
        }
        return Ok(Some(Ask::SignIn));
    }
    if facts.signed_in_here {
        return Ok(None);
    }
    // OpenID Connect Core 3.1.2.1: prompt=login and max_age ask again although a session exists.
    // `max_age=0` is `prompt=login` (OpenID Connect Core 3.1.2.1, errata).
    let too_old = request.max_age.is_some_and(|seconds| seconds == 0 || now.since(signed_in_at).as_secs() > seconds.unsigned_abs());
    if request.prompt.login || too_old {
        return Ok(Some(Ask::SignIn));
    }
    Ok((request.prompt.select_account && !facts.account_confirmed).then_some(Ask::SelectAccount))
}

fn second_factor(request: &AuthorizeRequest, facts: &Facts, _now: Timestamp) -> Result<Option<Ask>, OAuthError> {
    let Some(person) = &facts.person else { return Ok(None) };
    let reached = reached(request, facts)?;
    let demanded = demanded(request, facts, person)?;
    if let Some(acr) = demanded.filter(|acr| reached < *acr) {
        return ask_for(acr, reached, person, &facts.proof).map(Some);
    }
    if person.second_factor != FactorKind::None && must_prove_again(facts) {
        return Ok(Some(Ask::SecondFactor(person.second_factor)));
    }
    // RFC 9470 5 / OpenID Connect Core 3.1.2.1: acr_values are wishes; asked for when this person can meet them.
    let can_reach = if person.passkeys { Some(Acr::Phr) } else { person.second_factor.reaches() };
    let wish = request.acr_values.iter().copied().find(|acr| Some(*acr) <= can_reach);
    // Whoever answered with a recovery code instead of the passkey is not asked again and again.
    if let Some(acr) = wish.filter(|acr| reached < *acr && !facts.factor_here) {
        return Ok(Some(Ask::SecondFactor(if acr == Acr::Phr { FactorKind::Passkey } else { person.second_factor })));
    }
    Ok(None)
}

/// The rung that counts for the tenant to be entered. One that still wants a factor, although the session seems to have
/// reached it, does not count what Microsoft vouches for (people.md C10), or no passkeys (C1).
fn reached(request: &AuthorizeRequest, facts: &Facts) -> Result<Acr, OAuthError> {
    let proof = &facts.proof;
    let Some(Verdict::NeedsFactor(wanted)) = tenant(request, facts)?.map(|seat| seat.verdict) else { return Ok(proof.acr()) };
    let counted = [proof.acr(), proof.own_acr(), proof.acr_without_passkey(false)];
    Ok(counted.into_iter().find(|acr| *acr < wanted).unwrap_or_else(|| proof.acr_without_passkey(true)))
}

/// A sign-in over a session asks for the second factor again too: the one that the session proved says nothing about
/// who is at the keyboard now (people.md K20: each login needs one).
fn must_prove_again(facts: &Facts) -> bool {
    facts.signed_in_here && !facts.factor_here && facts.proof.factor_at.is_some()
}

/// The rung that must be reached before anything about the person's tenants is shown.
fn demanded(request: &AuthorizeRequest, facts: &Facts, person: &PersonFacts) -> Result<Option<Acr>, OAuthError> {
    let federated = facts.proof.amr.contains(&Amr::Fed);
    let own = if federated { None } else { person.second_factor.demands() };
    let entering = match (&request.target, tenant(request, facts)?) {
        (Target::Own { .. }, _) | (_, None) => own,
        (_, Some(seat)) => match seat.verdict {
            Verdict::NeedsFactor(acr) => Some(acr),
            Verdict::Enter => None,
            Verdict::Denied(denial) => return Err(denied(reason(denial))),
        },
    };
    Ok(entering.max(request.acr_required))
}

/// Which page brings the person from `reached` to `demanded`.
fn ask_for(demanded: Acr, reached: Acr, person: &PersonFacts, proof: &Proof) -> Result<Ask, OAuthError> {
    match (demanded, person.second_factor) {
        (Acr::Phr, _) if person.passkeys => Ok(Ask::SecondFactor(FactorKind::Passkey)),
        (Acr::Phr, _) => Err(OAuthError::new(
            ErrorCode::UnmetAuthenticationRequirements,
            "The person cannot meet the requested authentication context",
            Reason::EssentialAcr,
        )),
        (_, FactorKind::Totp) => Ok(Ask::SecondFactor(FactorKind::Totp)),
        // A passkey was shown already and does not count where the person wants to go: an app has to be set up.
        (_, FactorKind::Passkey) if proof.has_passkey() => Ok(Ask::Enrol),
        (_, FactorKind::Passkey) => Ok(Ask::SecondFactor(FactorKind::Passkey)),
        // Whoever has no stronger factor proves the mailbox first, if there is one, then sets one up.
        (Acr::Mfa, _) if reached >= Acr::Email => Ok(Ask::Enrol),
        _ if !person.has_email => Ok(Ask::Enrol),
        _ => Ok(Ask::SecondFactor(FactorKind::Email)),
    }
}

/// Only for somebody who gave the present password in this very flow, and the second factor after it: nobody at an open
/// session, and nobody with a stolen password, renews it.
fn new_password(_: &AuthorizeRequest, facts: &Facts, _now: Timestamp) -> Result<Option<Ask>, OAuthError> {
    let proved = facts.signed_in_here && facts.proof.amr.contains(&Amr::Pwd);
    Ok((facts.password_overdue && proved).then_some(Ask::NewPassword))
}

fn choose_tenant(request: &AuthorizeRequest, facts: &Facts, _now: Timestamp) -> Result<Option<Ask>, OAuthError> {
    if matches!(request.target, Target::Own { .. }) {
        return Ok(None);
    }
    match tenant(request, facts)? {
        Some(_) => Ok(None),
        None => Ok(Some(Ask::ChooseTenant)),
    }
}

/// The tenant that needs no question, if there is one; an error when none is possible.
fn tenant<'a>(request: &AuthorizeRequest, facts: &'a Facts) -> Result<Option<&'a Seat>, OAuthError> {
    if let Some(hint) = &request.tenant_hint {
        return match facts.seats.iter().find(|seat| seat.is(hint)) {
            Some(seat) if seat.possible() => Ok(Some(seat)),
            Some(Seat { verdict: Verdict::Denied(denial), .. }) => Err(denied(reason(*denial))),
            _ => Err(denied(Reason::TenantUnknown)),
        };
    }
    let possible: Vec<&Seat> = facts.seats.iter().filter(|seat| seat.possible()).collect();
    let find = |wanted: &Option<TenantId>| wanted.as_ref().and_then(|id| possible.iter().copied().find(|seat| seat.tenant == *id));
    if let Some(seat) = find(&facts.chosen) {
        return Ok(Some(seat));
    }
    match possible.as_slice() {
        [] if matches!(request.target, Target::Own { .. }) => Ok(None),
        [] => Err(denied(facts.seats.iter().find_map(|seat| denial_of(seat.verdict)).unwrap_or(Reason::TenantNotMember))),
        [only] => Ok(Some(only)),
        _ if request.prompt.select_tenant => Ok(None),
        _ => Ok(find(&facts.remembered)),
    }
}

fn denial_of(verdict: Verdict) -> Option<Reason> {
    match verdict {
        Verdict::Denied(denial) => Some(reason(denial)),
        _ => None,
    }
}

fn consent(request: &AuthorizeRequest, facts: &Facts, _now: Timestamp) -> Result<Option<Ask>, OAuthError> {
    let Some(seat) = tenant(request, facts)? else { return Ok(None) };
    if matches!(request.target, Target::Own { .. }) || facts.consented_here {
        return Ok(None);
    }
    if matches!(request.target, Target::Device { .. }) {
        return Ok(Some(Ask::Device(seat.tenant.clone())));
    }
    let asked = request.consent_scopes();
    // RFC 9396 13: details are allowed one by one, never remembered.
    let remembered = request.terms.authorization_details.is_empty()
        && facts.consents.get(&seat.tenant).is_some_and(|granted| asked.is_subset_of(granted));
    let open = request.prompt.consent || !(facts.consent_implicit || remembered);
    Ok(open.then(|| Ask::Consent(seat.tenant.clone())))
}

#[cfg(test)]
mod tests;
