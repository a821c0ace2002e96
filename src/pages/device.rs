//! The pages on which a person lets a device in (RFC 8628 3.3).
use serde::Serialize;

use super::{DetailBlock, Page, ScopeLine};

/// `POST /device` with `user_code`.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceEntry {
    /// From the link, or what was typed.
    pub user_code: String,
    pub error: Option<DeviceCodeError>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceCodeError {
    Wrong,
    Paused { minutes: i64 },
}

/// `POST /device/confirm` with `flow`, `compared` = `yes`, and `decision` = `allow` or `deny`.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceConfirm {
    pub flow: String,
    pub client_name: String,
    pub tenant_name: String,
    pub person_name: String,
    pub user_code: String,
    /// Where the device asked from.
    pub network: String,
    /// It is where this browser is too.
    pub same_network: bool,
    pub minutes_ago: i64,
    pub scopes: Vec<ScopeLine>,
    /// RFC 9396 13.1.
    pub details: Vec<DetailBlock>,
    /// The box was not ticked.
    pub uncompared: bool,
}

/// What became of it.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceOutcome {
    pub outcome: DeviceOutcomeKind,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceOutcomeKind {
    Allowed,
    Denied,
}

impl Page for DeviceEntry {
    const TEMPLATE: &'static str = "signin/device.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |user_code: &str, error| Self { user_code: user_code.to_owned(), error };
        vec![
            ("plain", page("", None)),
            ("complete", page("WDJB-MJHT", None)),
            ("wrong", page("WDJB-MJHX", Some(DeviceCodeError::Wrong))),
            ("paused", page("", Some(DeviceCodeError::Paused { minutes: 15 }))),
            ("paused-one", page("", Some(DeviceCodeError::Paused { minutes: 1 }))),
        ]
    }
}

impl Page for DeviceConfirm {
    const TEMPLATE: &'static str = "signin/device_confirm.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            flow: "flw_01jd8zt3fa6k2m9q4x7r5w8b3c".to_owned(),
            client_name: "Cash Register".to_owned(),
            tenant_name: "Northwind Foods GmbH".to_owned(),
            person_name: "Anna Berg".to_owned(),
            user_code: "WDJB-MJHT".to_owned(),
            network: "192.0.2.17".to_owned(),
            same_network: true,
            minutes_ago: 0,
            scopes: ["openid", "profile", "payouts:read"].iter().map(|s| ScopeLine::new(s)).collect(),
            details: Vec::new(),
            uncompared: false,
        };
        let detail = DetailBlock {
            label: "Start a payment".to_owned(),
            api: "Payments".to_owned(),
            members: vec![("amount".to_owned(), "12.50 EUR".to_owned())],
        };
        vec![
            ("near", page.clone()),
            ("far", Self { same_network: false, minutes_ago: 7, ..page.clone() }),
            ("details", Self { details: vec![detail], ..page.clone() }),
            ("minute", Self { minutes_ago: 1, ..page.clone() }),
            ("uncompared", Self { uncompared: true, ..page }),
        ]
    }
}

impl Page for DeviceOutcome {
    const TEMPLATE: &'static str = "signin/device_outcome.html";

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("allowed", Self { outcome: DeviceOutcomeKind::Allowed }), ("denied", Self { outcome: DeviceOutcomeKind::Denied })]
    }
}
