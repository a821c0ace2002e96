//! What every grant does with its one transaction: use the proofs of client and key up, write, and note what happened.
use serde_json::json;

use super::mint::Minted;
use super::{Exchange, mint};
use crate::model::{AccessTokenRow, Binding, Grant};
use crate::protocol::claims::Claims;
use crate::protocol::error::{OAuthError, Reason};
use crate::protocol::grant::held;
use crate::protocol::scope::Scopes;
use crate::service::audit::{Event, record_from};
use crate::service::client_auth::Denied;
use crate::service::subject::Subject;
use crate::store::{StoreError, Write};

impl Exchange<'_> {
    /// The one write of a grant. An assertion or a proof that was used before undoes all of it (RFC 7523 3, RFC 9449 11.1).
    ///
    /// # Errors
    /// `invalid_client`, `invalid_dpop_proof`, and failures of the store.
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&mut Write) -> Result<T, StoreError>) -> Result<T, Denied> {
        let written = self.write_or_undo(async |w| work(w).await.map(Ok::<T, OAuthError>)).await?;
        Ok(written?)
    }

    /// As [`Exchange::write`], for work that may find on its way that it must not happen.
    ///
    /// # Errors
    /// Failures of the store; the inner one is `work`'s, or a replay.
    pub async fn write_or_undo<T, E: From<OAuthError>>(
        &self,
        work: impl AsyncFnOnce(&mut Write) -> Result<Result<T, E>, StoreError>,
    ) -> Result<Result<T, E>, Denied> {
        let written = self.once.write(self.app, async |w| match self.holder.use_up(w).await? {
            Ok(()) => work(w).await,
            Err(replayed) => Ok(Err(E::from(replayed))),
        });
        Ok(written.await?)
    }

    /// The write of a request that gets nothing: the client's assertion is used up, the proof of its key is not.
    ///
    /// # Errors
    /// `invalid_client`, and failures of the store.
    pub async fn write_refusal<T>(&self, work: impl AsyncFnOnce(&mut Write) -> Result<T, StoreError>) -> Result<T, Denied> {
        let written = self.once.write(self.app, async |w| work(w).await.map(Ok::<T, OAuthError>)).await?;
        Ok(written?)
    }

    /// Keeps an access token beside which nothing else is to be written: together with those of other requests, unless a
    /// proof is to be used up with it.
    ///
    /// # Errors
    /// As [`Exchange::write`].
    pub async fn keep(&self, row: AccessTokenRow) -> Result<(), Denied> {
        if self.once.is_due() || self.holder.is_due() {
            return self.write(async |w| w.insert_access_token(&row).await).await;
        }
        Ok(self.app.store.issue_access_token(row).await?)
    }

    /// May what is bound to a key go to whoever sent this request?
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn holds(&self, bound: Option<&Binding>) -> Result<(), OAuthError> {
        held(bound, self.holder.binding.as_ref())
    }

    /// The refresh tokens of a public client are worth nothing without the key (RFC 9449 5, RFC 8705 7.1); those of a
    /// confidential one are bound to it already. Written once, with the redemption that only one request can win.
    pub async fn bind(&self, w: &mut Write, grant: &Grant) -> Result<(), StoreError> {
        if self.holder.binding.is_none() || !self.client.is_public() {
            return Ok(());
        }
        let terms = crate::model::GrantTerms { binding: self.holder.binding.clone(), ..grant.terms.clone() };
        w.set_grant_terms(&grant.id, &terms).await
    }

    /// Puts the key into the claims of an access token (RFC 7800 3.1, RFC 9449 6.1, RFC 8705 3.1).
    pub fn confirm(&self, claims: &mut Claims) {
        if let Some(binding) = &self.holder.binding {
            claims.insert("cnf".to_owned(), json!(binding));
        }
    }

    /// RFC 9449 5: only a proof of possession makes the type `DPoP`; a token bound to a certificate stays `Bearer`.
    pub fn token_type(&self) -> &'static str {
        if self.holder.jkt().is_some() { "DPoP" } else { "Bearer" }
    }

    /// Writes down what happened to a grant, in the transaction in which it happened.
    pub async fn note(&self, w: &mut Write, action: &'static str, grant: &Grant, outcome: &'static str) -> Result<(), StoreError> {
        let event = Event { actor: self.client.id.as_str(), ..Event::of_person(action, &grant.person, outcome) };
        let event = event.at(&self.client.id).in_tenant(&grant.tenant).with(json!({ "grant": grant.id }));
        record_from(self.app, w, event, self.network, self.now).await
    }

    /// Somebody used what was used before: the grant ends with all its tokens (RFC 6749 4.1.2, RFC 9700 4.14).
    pub async fn end(&self, grant: &Grant, action: &'static str) -> Result<(), StoreError> {
        self.app.store.write(async |w| self.end_in(w, grant, action).await).await
    }

    /// The same for a request that may itself be a replay: with a proof that was used before it ends nothing.
    ///
    /// # Errors
    /// `invalid_dpop_proof`, and failures of the store.
    pub async fn end_if_proven(&self, grant: &Grant, action: &'static str) -> Result<(), Denied> {
        self.write(async |w| self.end_in(w, grant, action).await).await
    }

    async fn end_in(&self, w: &mut Write, grant: &Grant, action: &'static str) -> Result<(), StoreError> {
        tracing::warn!(grant.id = %grant.id, client.id = %self.client.id, action, "a grant was ended because something was used twice");
        if w.end_grant(&grant.id, self.now).await? {
            self.note(w, action, grant, "ended").await?;
        }
        Ok(())
    }

    /// Makes a person's tokens. That somebody has no API access (people.md K35) is written down.
    ///
    /// # Errors
    /// `invalid_target`, `invalid_authorization_details` for more than was granted; `invalid_grant`.
    pub async fn mint(&self, grant: &Grant, subject: &Subject, scopes: &Scopes, nonce: Option<&str>) -> Result<Minted, Denied> {
        match mint::of_person(self, grant, subject, scopes, nonce).await {
            Err(Denied::Refused(error)) if error.reason == Reason::ApiAccessMissing => Err(self.refuse(grant, error).await),
            minted => minted,
        }
    }

    /// Writes down that a person may no longer enter, and hands the refusal on.
    pub async fn refuse(&self, grant: &Grant, error: OAuthError) -> Denied {
        match self.write_refusal(async |w| self.note(w, "token", grant, "refused").await).await {
            Ok(()) => Denied::Refused(error),
            Err(denied) => denied,
        }
    }
}
