//! Where everything of the demo listens: a block of six ports on this machine.
use tokio::net::TcpListener;

use super::DemoError;

/// The block when nobody chose one.
pub const USUAL: u16 = 8080;
const HIGHEST: u16 = u16::MAX - 5;

/// The block of ports, by its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports(u16);

/// One listener each, in the order of the block.
pub struct Listeners {
    pub provider: TcpListener,
    pub web: TcpListener,
    pub spa: TcpListener,
    pub machine: TcpListener,
    pub start: TcpListener,
    pub microsoft: TcpListener,
}

impl Ports {
    /// The block that begins with `first`; none beyond 65530 or at 0.
    pub fn beginning_with(first: u16) -> Option<Self> {
        (1..=HIGHEST).contains(&first).then_some(Self(first))
    }

    pub const fn first(self) -> u16 {
        self.0
    }

    /// Tenantry itself: the issuer.
    pub fn provider(self) -> String {
        self.origin(0)
    }

    /// The confidential web application.
    pub fn web(self) -> String {
        self.origin(1)
    }

    /// The single-page application.
    pub fn spa(self) -> String {
        self.origin(2)
    }

    /// The machine client.
    pub fn machine(self) -> String {
        self.origin(3)
    }

    /// The start page and the mailbox.
    pub fn start(self) -> String {
        self.origin(4)
    }

    /// The stand-in for Microsoft.
    pub fn microsoft(self) -> String {
        self.origin(5)
    }

    fn origin(self, offset: u16) -> String {
        format!("http://localhost:{}", self.0 + offset)
    }

    /// Takes all six ports, on loopback only.
    ///
    /// # Errors
    /// [`DemoError::PortTaken`] with the first one that cannot be had.
    pub async fn listen(self) -> Result<Listeners, DemoError> {
        let at = async |offset: u16| {
            let port = self.0 + offset;
            TcpListener::bind(("127.0.0.1", port)).await.map_err(|cause| DemoError::PortTaken { port, cause })
        };
        Ok(Listeners {
            provider: at(0).await?,
            web: at(1).await?,
            spa: at(2).await?,
            machine: at(3).await?,
            start: at(4).await?,
            microsoft: at(5).await?,
        })
    }
}
