//! Federation with Microsoft Entra ID: connections, pins, identities, running sign-ins, invitations (microsoft.md 2.2).
use serde::{Deserialize, Serialize};

use super::{ConnectionId, FlowId, IdentityId, InvitationId, LetterId, MembershipId, PersonId, TenantId, text_enum};
use crate::world::{Digest, Timestamp};

text_enum! { ConnectionState { Active = "active", Disabled = "disabled" } }
text_enum! { InvitationMethod { Password = "password", Microsoft = "microsoft", Any = "any" } }
text_enum! { BoundVia { Invite = "invite", PinnedDomain = "pinned_domain" } }

/// A connection pinned to one Entra tenant.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: ConnectionId,
    pub name: String,
    /// Origin of the authority: `https://login.microsoftonline.com`.
    pub cloud_host: String,
    /// Lower-case GUID.
    pub tid: String,
    pub client_id: String,
    pub credential: Credential,
    pub state: ConnectionState,
    /// Does the tenant's admin state that Conditional Access demands MFA? (microsoft.md 4.5)
    pub mfa_asserted: bool,
    pub created_at: Timestamp,
}

/// How Tenantry proves to Microsoft that it is the application. The secret part is sealed (context: connection id).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Credential {
    Secret {
        sealed: String,
    },
    /// PKCS#8 PEM (sealed) and the SHA-256 of the certificate's DER, base64url (`x5t#S256`).
    Certificate {
        sealed: String,
        x5t_s256: String,
    },
}

/// Which Entra tenant's people may bind to one of our tenants by domain (microsoft.md 2.3 B).
#[derive(Clone, Debug)]
pub struct EntraPin {
    pub tenant: TenantId,
    pub connection: ConnectionId,
    /// E-mail domains that the Entra tenant is proven to own.
    pub domains: Vec<String>,
}

/// A Microsoft identity bound to a person. Its key is (cloud host, tid, oid) and nothing else.
#[derive(Clone, Debug)]
pub struct FederatedIdentity {
    pub id: IdentityId,
    pub person: PersonId,
    pub cloud_host: String,
    pub tid: String,
    pub oid: String,
    pub connection: ConnectionId,
    pub bound_via: BoundVia,
    pub bound_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

/// Why the browser was sent to Microsoft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "snake_case")]
pub enum UpstreamIntent {
    Login {
        flow: FlowId,
    },
    Invitation {
        invitation: InvitationId,
    },
    /// Back with another address than the invited one: the person is asked whether that is meant (microsoft.md 2.3 A).
    Confirm {
        invitation: InvitationId,
    },
    /// Back with an account that is not connected: a new letter may be asked for (microsoft.md 2.3 D).
    Resend,
}

/// A sign-in under way at Microsoft, or what waits after one. Single use, ten minutes, bound to the browser.
#[derive(Clone, Debug)]
pub struct UpstreamFlow {
    pub state: Digest,
    pub connection: ConnectionId,
    pub browser: Digest,
    pub intent: UpstreamIntent,
    /// PKCE verifier and nonce, or what came back, sealed (context: the state digest).
    pub sealed: String,
    pub redirect_uri: String,
    pub expires_at: Timestamp,
}

/// An invitation into a tenant.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: InvitationId,
    pub tenant: TenantId,
    pub person: PersonId,
    pub membership: MembershipId,
    pub method: InvitationMethod,
    /// The administrator; none for commands.
    pub created_by: Option<PersonId>,
    /// None when the link was handed over.
    pub letter: Option<LetterId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Somebody looked at the link first then.
    pub opened_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    /// people.md K40.
    pub declined_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// What Microsoft's verified ID token says, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamClaims {
    pub cloud_host: String,
    pub tid: String,
    pub oid: String,
    pub sub: String,
    pub email: Option<String>,
    pub preferred_username: Option<String>,
    pub name: Option<String>,
    /// `xms_edov`, read leniently; absent is false.
    pub email_domain_verified: bool,
    /// `acct` = 1 or a foreign `idp`.
    pub guest: bool,
    pub auth_time: Option<i64>,
}
