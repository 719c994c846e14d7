//! Where everything of the link runs: a runtime of its own, whatever the caller's is busy with.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// The runtime of all links of this process: one thread, started with the first link, never ended.
///
/// It answers heartbeats, so it must not share a thread with work. lapin reads and writes on further threads of its own.
pub(super) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("bookend-amqp")
            .enable_all()
            .build()
            .expect("a runtime needs a thread and an epoll descriptor, without which nothing else here works either")
    })
}

/// Runs a call to its end on the link's runtime; dropping the future aborts it there.
pub(super) async fn run<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> T {
    let mut errand = Errand(runtime().spawn(call));
    match (&mut errand.0).await {
        Ok(done) => done,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only dropping the errand aborts it, and the runtime never ends.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Starts work that goes on by itself to its end.
pub(super) fn leave(work: impl Future<Output = ()> + Send + 'static) {
    runtime().spawn(work);
}

/// Starts work that ends when the handle is dropped.
pub(super) fn keep(work: impl Future<Output = ()> + Send + 'static) -> Errand<()> {
    Errand(runtime().spawn(work))
}

/// Work that ends when this is dropped.
pub(super) struct Errand<T>(JoinHandle<T>);

impl<T> Drop for Errand<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
