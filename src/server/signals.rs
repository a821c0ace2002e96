//! Signals of the operating system: stop (SIGTERM, SIGINT) and look again at the files (SIGHUP).
use std::future::Future;

/// Becomes ready at the first SIGTERM or SIGINT (Ctrl-C). The handlers are in place when this returns.
///
/// # Errors
/// The operating system refuses to register a handler.
#[cfg(unix)]
pub fn stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
pub fn stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// A stream of SIGHUPs; silent where there is no such signal.
pub(super) struct HangUp {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

pub(super) fn hang_up() -> HangUp {
    HangUp {
        #[cfg(unix)]
        signals: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
    }
}

impl HangUp {
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals
            && signals.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
