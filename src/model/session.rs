//! What a browser session has proved, and when.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Origin, PersonId, SessionId, text_enum};
use crate::world::Timestamp;

text_enum! {
    /// Authentication method references (RFC 8176 2), plus `fed` and `email` of our own. A passkey is `hwk` when it stays
    /// on its device and `swk` when it may be copied to others, with `user` beside it: the authenticator saw somebody.
    Amr {
        Email = "email",
        Fed = "fed",
        Hwk = "hwk",
        Mfa = "mfa",
        Otp = "otp",
        Pwd = "pwd",
        Swk = "swk",
        User = "user",
    }
}

text_enum! {
    /// The ladder of protocol.md §3, lowest first.
    Acr {
        Pwd = "urn:tenantry:acr:pwd",
        Email = "urn:tenantry:acr:email",
        Mfa = "urn:tenantry:acr:mfa",
        Phr = "urn:tenantry:acr:phr",
    }
}

/// Proofs given in one session. Kept with the session and copied into each grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub amr: BTreeSet<Amr>,
    /// When the first factor was last given: `auth_time` (OpenID Connect Core 2).
    pub signed_in_at: Option<Timestamp>,
    /// When the second factor was last given.
    pub factor_at: Option<Timestamp>,
    /// The upstream directory that proved the first factor, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_tid: Option<String>,
}

impl Proof {
    /// The highest rung of the ladder that was really climbed (people.md C26).
    pub fn acr(&self) -> Acr {
        if self.has_passkey() {
            Acr::Phr
        } else if self.amr.contains(&Amr::Otp) || self.amr.contains(&Amr::Mfa) {
            Acr::Mfa
        } else if self.amr.contains(&Amr::Email) {
            Acr::Email
        } else {
            Acr::Pwd
        }
    }

    /// Was a passkey used?
    pub fn has_passkey(&self) -> bool {
        self.amr.contains(&Amr::Hwk) || self.amr.contains(&Amr::Swk)
    }

    /// The rung without the passkey: what counts where a tenant does not take passkeys (people.md C1).
    pub fn acr_without_passkey(&self, own: bool) -> Acr {
        let left = |method: &Amr| !(matches!(method, Amr::Hwk | Amr::Swk) || own && *method == Amr::Mfa);
        Self { amr: self.amr.iter().copied().filter(left).collect(), ..self.clone() }.acr()
    }

    /// The rung that was climbed here, without what an upstream directory alone vouches for (people.md C10).
    pub fn own_acr(&self) -> Acr {
        let own = self.amr.iter().copied().filter(|method| *method != Amr::Mfa).collect();
        Self { amr: own, ..self.clone() }.acr()
    }

    /// The values for the `amr` claim: `mfa` is added once two kinds of factor were used (RFC 8176 2).
    pub fn amr_claim(&self) -> Vec<&'static str> {
        let mut values: BTreeSet<&'static str> = self.amr.iter().map(|m| m.as_str()).collect();
        if self.acr() >= Acr::Mfa {
            values.insert("mfa");
        }
        values.into_iter().collect()
    }
}

/// A signed-in browser (single sign-on session).
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub person: PersonId,
    pub proof: Proof,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// Absolute end.
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Where it was last proved who is there.
    pub origin: Origin,
}
