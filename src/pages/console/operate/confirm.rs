//! Steps that destroy something, each with a page that says what will happen.
use serde::Serialize;

use super::super::super::Page;
use super::words;

words! {
    /// The step. Texts: `confirm.<step>.title`, `.button`, `.effect_1`, `.effect_2`.
    Step {
        TenantDisable,
        TenantEnable,
        ClientDisable,
        ClientEnable,
        SecretEnd,
        KeysRotate,
        KeysReplace,
        TokenEnd,
        AnnouncementEnd,
        AnnouncementRemove,
    }
}

/// `GET …/disable` and its kind: asks; the form posts to the same address.
#[derive(Clone, Debug, Serialize)]
pub struct Confirm {
    pub step: Step,
    /// What it is about: a name, or the beginning of an id.
    pub name: String,
    pub action: String,
    /// Where nothing happens.
    pub back: String,
    /// Does it take something away?
    pub danger: bool,
}

impl Page for Confirm {
    const TEMPLATE: &'static str = "operator/confirm.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let names = [
            "tenant-disable",
            "tenant-enable",
            "client-disable",
            "client-enable",
            "secret-end",
            "keys-rotate",
            "keys-replace",
            "token-end",
            "announcement-end",
            "announcement-remove",
        ];
        let page = |(step, name): (&Step, &'static str)| {
            let danger = !matches!(step, Step::TenantEnable | Step::ClientEnable | Step::KeysRotate);
            let (action, back) = ("/operator/tenants/ten_1/disable".to_owned(), "/operator/tenants/ten_1".to_owned());
            (name, Self { step: *step, name: "Northwind Foods GmbH".to_owned(), action, back, danger })
        };
        Step::ALL.iter().zip(names).map(page).collect()
    }
}
