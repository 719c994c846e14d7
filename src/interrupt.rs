//! Being asked to stop: Ctrl-C and SIGTERM.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::exit::{Exit, Failure};

/// How long a command may take to end by itself: its children are killed and its scratch is removed in that time.
const GRACE: Duration = Duration::from_secs(5);

/// Tells a command that it is asked to stop.
pub type Stop = watch::Receiver<bool>;

/// Runs a command; once asked to stop it has a moment to end by itself, and a second signal ends it at once.
pub async fn or_interrupted<F>(command: impl FnOnce(Stop) -> F) -> Result<Exit, Failure>
where
    F: Future<Output = Result<Exit, Failure>>,
{
    let (stop, stopped) = watch::channel(false);
    let unready = |error| Failure::other(format!("signals cannot be heard: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unready)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unready)?;
    let command = command(stopped);
    tokio::pin!(command);
    tokio::select! {
        ended = &mut command => return ended,
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop.send_replace(true);
    tokio::select! {
        _ended = &mut command => {}
        _ = interrupt.recv() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
    Err(interrupted())
}

/// Runs a role of the fleet: a first signal lets it end its jobs and take no more, a second ends it at once.
pub async fn or_drained<F>(role: impl FnOnce(Stop, Stop) -> F) -> Result<Exit, Failure>
where
    F: Future<Output = Result<Exit, Failure>>,
{
    let ((drain, drained), (stop, stopped)) = (watch::channel(false), watch::channel(false));
    let unready = |error| Failure::other(format!("signals cannot be heard: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unready)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unready)?;
    let role = role(drained, stopped);
    tokio::pin!(role);
    for turned in [&drain, &stop] {
        tokio::select! {
            ended = &mut role => return ended,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        turned.send_replace(true);
    }
    tokio::select! {
        _ended = &mut role => {}
        _ = interrupt.recv() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
    Err(interrupted())
}

fn interrupted() -> Failure {
    let message = "interrupted: what was made is kept; run the same command again to go on from there";
    Failure::new(Exit::Interrupted, message)
}
