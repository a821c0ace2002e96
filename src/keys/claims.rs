//! Claims as typed values: a wrong type is an error, never "not there" (security.md D05, D07).
use std::time::Duration;

use serde_json::{Map, Value};

use super::jwt::JwtError;
use super::strict;
use crate::world::Timestamp;

/// No NumericDate beyond the year 5138 is believed.
const LATEST: f64 = 100_000_000_000.0;

/// The members of a JWT payload, none of them twice.
#[derive(Clone, Debug, PartialEq)]
pub struct StrictClaims(Map<String, Value>);

/// The three dates of a JWT in whole seconds (RFC 7519 4.1.4 to 4.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub exp: Option<i64>,
    pub iat: Option<i64>,
    pub nbf: Option<i64>,
}

impl StrictClaims {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`JwtError::Claims`] when it is no JSON object, names a member twice or is nested too deeply.
    pub fn parse(payload: &[u8]) -> Result<Self, JwtError> {
        strict::object(payload).map(Self).ok_or(JwtError::Claims)
    }

    pub const fn map(&self) -> &Map<String, Value> {
        &self.0
    }

    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// A claim that must be a non-empty string if it is there.
    ///
    /// # Errors
    /// [`JwtError::Claims`] when it has another type or is empty.
    pub fn text(&self, name: &str) -> Result<Option<&str>, JwtError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(JwtError::Claims),
        }
    }

    /// `aud`: one string or a list of strings (RFC 7519 4.1.3). Empty when absent, which no caller may accept.
    ///
    /// # Errors
    /// [`JwtError::Claims`] when it is anything else.
    pub fn audience(&self) -> Result<Vec<&str>, JwtError> {
        match self.0.get("aud") {
            None => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(many)) => many.iter().map(|one| one.as_str().ok_or(JwtError::Claims)).collect(),
            Some(_) => Err(JwtError::Claims),
        }
    }

    /// `exp`, `iat` and `nbf`.
    ///
    /// # Errors
    /// [`JwtError::Claims`] when one is there and is no number between 0 and 1e11.
    pub fn times(&self) -> Result<Times, JwtError> {
        Ok(Times { exp: self.date("exp")?, iat: self.date("iat")?, nbf: self.date("nbf")? })
    }

    /// RFC 7519 2, NumericDate. Fractions are allowed there, and some libraries send them.
    fn date(&self, name: &str) -> Result<Option<i64>, JwtError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_f64().filter(|s| s.is_finite() && (0.0..=LATEST).contains(s)).ok_or(JwtError::Claims)?;
        // In range by the line above; fractions are rounded down.
        Ok(Some(seconds as i64))
    }
}

impl Times {
    /// Is the token valid at `now`, give or take `leeway` of foreign clocks?
    ///
    /// # Errors
    /// [`JwtError::Claims`] without `exp`, [`JwtError::Expired`], or [`JwtError::NotYet`].
    pub fn check(&self, now: Timestamp, leeway: Duration) -> Result<(), JwtError> {
        self.unexpired(now, leeway)?;
        self.begun(now, leeway)
    }

    /// RFC 7519 4.1.4: the current time must be before `exp`, which must be there.
    ///
    /// # Errors
    /// [`JwtError::Claims`] without `exp`, [`JwtError::Expired`].
    pub fn unexpired(&self, now: Timestamp, leeway: Duration) -> Result<(), JwtError> {
        let exp = Timestamp::from_seconds(self.exp.ok_or(JwtError::Claims)?);
        if now.minus(leeway) < exp { Ok(()) } else { Err(JwtError::Expired) }
    }

    /// RFC 7519 4.1.5, 4.1.6: neither `nbf` nor `iat` lies ahead.
    ///
    /// # Errors
    /// [`JwtError::NotYet`].
    pub fn begun(&self, now: Timestamp, leeway: Duration) -> Result<(), JwtError> {
        let latest = now.plus(leeway);
        let ahead = [self.nbf, self.iat].into_iter().flatten().any(|from| Timestamp::from_seconds(from) > latest);
        if ahead { Err(JwtError::NotYet) } else { Ok(()) }
    }
}
