//! The directories of the stand-in and their accounts: Alpenglow's, Kestrel's, and a hostile one.

/// Tenantry's registration, the same GUID in every directory.
pub const CLIENT_ID: &str = "7d0c5f3e-51a2-4b0e-9f57-2a6c1d84e9b3";

/// One Entra directory.
pub struct Directory {
    pub tid: &'static str,
    pub name: &'static str,
    /// Slug and e-mail domain of the tenant that pinned it.
    pub pinned_to: Option<(&'static str, &'static str)>,
    /// Its admin stated that it demands a second factor.
    pub mfa_asserted: bool,
    pub accounts: &'static [Account],
}

/// An account, and what the tokens about it say.
pub struct Account {
    pub name: &'static str,
    pub email: &'static str,
    pub oid: &'static str,
    /// The directory that its tokens claim, where they lie.
    pub claimed_tid: Option<&'static str>,
    /// What it is for, in English and German.
    pub about: (&'static str, &'static str),
}

const ALPENGLOW: &str = "3f1a9c52-0b7d-4e68-9a41-5cf2e0d7b816";
const MIKA: &str = "a5b8c0de-4f21-4c3a-8d76-91e2f3047a5c";

pub const DIRECTORIES: [Directory; 3] = [
    Directory {
        tid: ALPENGLOW,
        name: "Alpenglow",
        pinned_to: Some(("alpenglow", "alpenglow.example")),
        mfa_asserted: true,
        accounts: &[Account {
            name: "Mika Moser",
            email: "mika@alpenglow.example",
            oid: MIKA,
            claimed_tid: None,
            about: ("Invited to Alpenglow.", "Zu Alpenglow eingeladen."),
        }],
    },
    Directory {
        tid: "c86e2b74-9d15-4a03-b7f8-1e540a9dc362",
        name: "Kestrel Logistics",
        pinned_to: Some(("kestrel", "kestrel.example")),
        mfa_asserted: false,
        accounts: &[Account {
            name: "Nora Newcombe",
            email: "nora@kestrel.example",
            oid: "0d9e8f7a-6b5c-4d3e-8f1a-2b3c4d5e6f70",
            claimed_tid: None,
            about: ("Works there, but nobody invited her: refused.", "Arbeitet dort, aber niemand hat sie eingeladen: abgelehnt."),
        }],
    },
    Directory {
        tid: "e4d7a019-28c6-4f5b-8b3e-6a97f1c05d2e",
        name: "Mallory",
        pinned_to: None,
        mfa_asserted: false,
        accounts: &[
            Account {
                name: "Mallory with Mika's address",
                email: "mika@alpenglow.example",
                oid: "bad0bad0-1111-4222-8333-444455556666",
                claimed_tid: None,
                about: (
                    "Another account that says its e-mail address is Mika's (nOAuth).",
                    "Ein anderes Konto, das behauptet, Mikas E-Mail-Adresse zu haben (nOAuth).",
                ),
            },
            Account {
                name: "Mallory as Mika",
                email: "mika@alpenglow.example",
                oid: MIKA,
                claimed_tid: Some(ALPENGLOW),
                about: (
                    "A token that says it comes from Alpenglow's directory.",
                    "Ein Token, das behauptet, aus Alpenglows Verzeichnis zu kommen.",
                ),
            },
        ],
    },
];

/// The directory of a `tid` in a path.
pub fn directory(tid: &str) -> Option<&'static Directory> {
    DIRECTORIES.iter().find(|directory| directory.tid == tid)
}
