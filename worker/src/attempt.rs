//! One child at one task, from start to exit.

use std::path::Path;

use bookend_jobs::{ChildLine, ChildTask};
use bookend_sandbox::{Exit, Killer, Limits, SandboxError, Spawner};
use tokio::sync::watch;
use tracing::Span;

/// Runs a child to its end, calling `progress` on a thread of its own with units done and units in all.
///
/// The child is killed when `stop` turns true, and when the future is dropped.
pub(crate) async fn run(
    spawner: &Spawner,
    task: &ChildTask,
    folder: &Path,
    limits: Limits,
    stop: &mut watch::Receiver<bool>,
    progress: impl Fn(u64, u64) + Send + 'static,
) -> Result<Exit, SandboxError> {
    let spec = serde_json::to_vec(task).expect("a task holds only strings, numbers, lists and string-keyed maps");
    let (spawner, folder, span) = (spawner.clone(), folder.to_owned(), Span::current());
    // Dropped before it was started, the child is dropped by the pool, which kills it.
    let child = blocking(move || span.in_scope(|| spawner.start(&spec, &folder, limits))).await?;
    let kill = KillOnDrop(child.killer());
    let watching = blocking(move || {
        while let Some(line) = child.progress() {
            if let Ok(ChildLine::Progress { done, total }) = line.parse() {
                progress(done, total);
            }
        }
        child.wait()
    });
    tokio::pin!(watching);
    tokio::select! {
        exit = &mut watching => exit,
        () = stopped(stop) => {
            kill.0.kill();
            watching.await
        }
    }
}

/// Waits until `stop` turns true; for ever once nobody can turn it.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|&stop| stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

struct KillOnDrop(Killer);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// Waits for blocking work on a thread of the pool for such work.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send + 'static,
) -> Result<T, SandboxError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that goes down refuses the work, and this future goes with it.
            Err(_) => std::future::pending().await,
        },
    }
}
