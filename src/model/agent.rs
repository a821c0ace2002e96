//! What a browser tells about itself, in a few words of our own: enough to recognise a session, nothing that singles a
//! device out. The header's text itself is kept nowhere.
use super::text_enum;

/// So much of the header is looked at.
const LOOKED_AT: usize = 512;

text_enum! {
    /// A browser's kind.
    BrowserKind {
        Chrome = "chrome",
        Duckduckgo = "duckduckgo",
        Edge = "edge",
        Firefox = "firefox",
        Opera = "opera",
        Safari = "safari",
        Samsung = "samsung",
        Vivaldi = "vivaldi",
    }
}

text_enum! {
    /// What it runs on.
    SystemKind {
        Android = "android",
        Chromeos = "chromeos",
        Ipad = "ipad",
        Iphone = "iphone",
        Linux = "linux",
        Macos = "macos",
        Windows = "windows",
    }
}

/// The first that the header holds counts: every browser names those that it is like, too.
const BROWSERS: &[(&str, BrowserKind)] = &[
    ("Edg/", BrowserKind::Edge),
    ("EdgA/", BrowserKind::Edge),
    ("EdgiOS/", BrowserKind::Edge),
    ("Edge/", BrowserKind::Edge),
    ("OPR/", BrowserKind::Opera),
    ("OPX/", BrowserKind::Opera),
    ("OPT/", BrowserKind::Opera),
    ("Opera/", BrowserKind::Opera),
    ("SamsungBrowser/", BrowserKind::Samsung),
    ("Vivaldi/", BrowserKind::Vivaldi),
    ("DuckDuckGo/", BrowserKind::Duckduckgo),
    ("Ddg/", BrowserKind::Duckduckgo),
    ("Firefox/", BrowserKind::Firefox),
    ("FxiOS/", BrowserKind::Firefox),
    ("CriOS/", BrowserKind::Chrome),
    ("Chromium/", BrowserKind::Chrome),
    ("Chrome/", BrowserKind::Chrome),
    ("Safari/", BrowserKind::Safari),
];

/// Likewise: an iPhone says "like Mac OS X", Android says Linux.
const SYSTEMS: &[(&str, SystemKind)] = &[
    ("iPhone", SystemKind::Iphone),
    ("iPod", SystemKind::Iphone),
    ("iPad", SystemKind::Ipad),
    ("Android", SystemKind::Android),
    ("CrOS", SystemKind::Chromeos),
    ("Windows", SystemKind::Windows),
    ("Macintosh", SystemKind::Macos),
    ("Linux", SystemKind::Linux),
    ("X11", SystemKind::Linux),
];

/// A browser and its system, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    pub browser: Option<BrowserKind>,
    pub system: Option<SystemKind>,
}

impl Agent {
    /// Reads a `User-Agent` (RFC 9110 10.1.5). Whatever stands there, nothing of it is taken over.
    pub fn of(header: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&header[..header.len().min(LOOKED_AT)]);
        Self { browser: first(BROWSERS, &text), system: first(SYSTEMS, &text) }
    }
}

fn first<T: Copy>(table: &[(&str, T)], text: &str) -> Option<T> {
    table.iter().find(|(mark, _)| text.contains(mark)).map(|(_, kind)| *kind)
}

/// Where a session was begun. Sessions from before this was written down know nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub agent: Agent,
    /// As the audit trail keeps it: an IPv4 address, or an IPv6 /64.
    pub network: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_and_its_system_are_told_by_what_it_says() {
        use BrowserKind as B;
        use SystemKind as S;
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let cases = [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), B::Firefox, S::Windows),
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/142.0.0.0 Safari/537.36"), B::Chrome, S::Windows),
            (format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"), B::Edge, S::Windows),
            (format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/142.0.0.0 Safari/537.36 OPR/125.0.0.0"), B::Opera, S::Linux),
            (format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {webkit} Chrome/142.0.0.0 Safari/537.36"), B::Chrome, S::Chromeos),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"),
                B::Samsung,
                S::Android,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                B::Safari,
                S::Iphone,
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 FxiOS/140.0 Mobile/15E148 Safari/605.1.15".to_owned(),
                B::Firefox,
                S::Ipad,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15".to_owned(),
                B::Safari,
                S::Macos,
            ),
        ];
        for (header, browser, system) in cases {
            assert_eq!(Agent::of(header.as_bytes()), Agent { browser: Some(browser), system: Some(system) }, "{header}");
        }
    }

    #[test]
    fn what_is_unknown_hostile_or_endless_is_no_device() {
        let late = format!("{}Firefox/140.0 Windows", "x".repeat(LOOKED_AT));
        let hostile: [&[u8]; 6] =
            [b"", b"curl/8.5.0", b"<script>alert(1)</script>", b"\xff\xfe\x00Fire fox", b"' or 1=1 --", late.as_bytes()];
        for header in hostile {
            assert_eq!(Agent::of(header), Agent::default(), "{header:?}");
        }
        // A cut in the middle of a letter is no fault.
        assert_eq!(Agent::of("Windows ü".repeat(200).as_bytes()).system, Some(SystemKind::Windows));
    }
}
