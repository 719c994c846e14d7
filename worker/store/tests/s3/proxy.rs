//! A link between a store and its service that does what it is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bookend_services::garage::Garage;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a link does with the bytes of one direction of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Flow {
    /// Carries them as they come.
    Free,
    /// Carries pieces of this many bytes with a pause before each.
    Slow(usize, Duration),
    /// Carries this many bytes, then no more, and keeps the connection.
    StallsAfter(u64),
    /// Carries this many bytes, then cuts the connection.
    CutAfter(u64),
}

/// A link; gone with the runtime of its test.
#[derive(Debug)]
pub(crate) struct Link {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// Bytes that came back from the service.
    pub(crate) returned: Arc<AtomicU64>,
}

impl Link {
    /// Starts a link to the shared Garage. The flows, to it and back, are those of the connection of this number, from 0.
    pub(crate) async fn start(flows: impl Fn(usize) -> (Flow, Flow) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let returned = Arc::new(AtomicU64::new(0));
        let (counted, back) = (Arc::clone(&connections), Arc::clone(&returned));
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let flows = flows(counted.fetch_add(1, Ordering::SeqCst));
                let back = Arc::clone(&back);
                tokio::spawn(async move {
                    let service = TcpStream::connect(("127.0.0.1", Garage::shared().port())).await.unwrap();
                    let (from_client, to_client) = client.into_split();
                    let (from_service, to_service) = service.into_split();
                    // When one direction is cut, the other goes with it.
                    tokio::select! {
                        () = carry(from_client, to_service, flows.0, Arc::default()) => {}
                        () = carry(from_service, to_client, flows.1, back) => {}
                    }
                });
            }
        });
        Self { address, connections, returned }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, flow: Flow, carried: Arc<AtomicU64>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        let most = match flow {
            Flow::Slow(bytes, pause) => {
                tokio::time::sleep(pause).await;
                bytes.min(buffer.len())
            }
            Flow::StallsAfter(limit) if total >= limit => return std::future::pending().await,
            Flow::CutAfter(limit) if total >= limit => return,
            _ => buffer.len(),
        };
        match from.read(&mut buffer[..most]).await {
            Ok(read) if read > 0 => {
                if to.write_all(&buffer[..read]).await.is_err() {
                    return;
                }
                total += read as u64;
                carried.fetch_add(read as u64, Ordering::SeqCst);
            }
            _ => return,
        }
    }
}
