//! A cable that can be cut, or go dead without a word.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Forwards connections to a port.
pub struct Proxy {
    port: u16,
    accepted: Arc<(AtomicUsize, Notify)>,
    /// The how manieth cut it was: every connection made before it ends.
    cuts: watch::Sender<u64>,
    /// Whether bytes go through; connections made while they do not are dead for ever.
    dead: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Forwards to a port of the loopback address.
    pub async fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new((AtomicUsize::new(0), Notify::new()));
        let (cuts, dead) = (watch::Sender::new(0), watch::Sender::new(false));
        let listening = tokio::spawn({
            let (accepted, cuts, dead) = (Arc::clone(&accepted), cuts.clone(), dead.clone());
            async move {
                loop {
                    let (near, _) = listener.accept().await.unwrap();
                    let (cut, silence) = (cuts.subscribe(), dead.subscribe());
                    accepted.0.fetch_add(1, Ordering::SeqCst);
                    accepted.1.notify_waiters();
                    tokio::spawn(forward(near, target, cut, silence));
                }
            }
        });
        Self { port, accepted, cuts, dead, listening }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections were made through it.
    pub fn accepted(&self) -> usize {
        self.accepted.0.load(Ordering::SeqCst)
    }

    /// Waits until this many were.
    pub async fn wait_for(&self, accepted: usize) {
        loop {
            let mut told = std::pin::pin!(self.accepted.1.notified());
            told.as_mut().enable();
            if self.accepted() >= accepted {
                return;
            }
            told.await;
        }
    }

    /// Ends every connection; new ones may be made.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Lets no more bytes through, and ends nothing; or lets them through again, in connections made from now on.
    pub fn set_dead(&self, dead: bool) {
        self.dead.send_replace(dead);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn forward(near: TcpStream, target: u16, mut cut: watch::Receiver<u64>, silence: watch::Receiver<bool>) {
    let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::select! {
        _ = cut.changed() => {}
        () = pump(near_in, far_out, silence.clone()) => {}
        () = pump(far_in, near_out, silence) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, silence: watch::Receiver<bool>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        if *silence.borrow() {
            // Dead for this connection, whatever becomes of others.
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
