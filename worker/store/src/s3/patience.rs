//! Giving up requests that move nothing, and only those.
//!
//! The SDK's own means count the whole of a request, which kills large puts on slow links, or its rate, which kills
//! readers that are busy with something else. Here only silence counts, while somebody waits: no byte of the request taken,
//! no byte of the answer come.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How much of a request's body is given to the connection at a time, in bytes: each is a sign of life.
const FRAME_BYTES: usize = 128 * 1024;

/// How many times as long the answer to a long body may take, once the connection has taken the last of it: up to some
/// megabytes of it are still in buffers on the way, and the store makes it durable before it answers.
const ANSWER_PATIENCES: u32 = 4;
/// What is a long body: more than this many frames.
const LONG_FRAMES: u64 = 2;

/// Connections whose requests and answers are given up after this much silence.
#[derive(Debug)]
pub(super) struct Patient<Inner> {
    inner: Inner,
    patience: Duration,
}

impl<Inner> Patient<Inner> {
    pub(super) fn new(inner: Inner, patience: Duration) -> Self {
        Self { inner, patience }
    }
}

impl HttpClient for Patient<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Patient::new(inner, self.patience))
    }
}

impl HttpConnector for Patient<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let (started, patience) = (Instant::now(), self.patience);
        let moved = Arc::new(Moved::default());
        let body = Outgoing { body: request.take_body(), held: Bytes::new(), moved: Arc::clone(&moved) };
        *request.body_mut() = SdkBody::from_body_1_x(body);
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            tokio::select! {
                answer = answer => answer.map(|answer| watched(answer, patience)),
                () = silence(started, &moved, patience) => Err(ConnectorError::timeout(Box::new(Silence(patience)))),
            }
        })
    }
}

/// Nothing was heard for so long.
#[derive(Debug)]
pub(super) struct Silence(Duration);

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing moved for {} s", self.0.as_secs())
    }
}

impl std::error::Error for Silence {}

fn watched(answer: HttpResponse, patience: Duration) -> HttpResponse {
    let mut answer = answer;
    let body = answer.take_body();
    *answer.body_mut() = SdkBody::from_body_1_x(Incoming { body, patience, alarm: None });
    answer
}

/// What a connection has taken of a request's body.
#[derive(Debug, Default)]
struct Moved {
    frames: AtomicU64,
    is_all: AtomicBool,
}

/// Ends when nothing has moved for as long as `patience`.
async fn silence(started: Instant, moved: &Moved, patience: Duration) {
    let (mut seen, mut since) = (0, started);
    loop {
        // Looking four times in a patience finds silence at most a quarter late, and costs nothing.
        tokio::time::sleep(patience / 4).await;
        let now = moved.frames.load(Ordering::Relaxed);
        let is_answering = moved.is_all.load(Ordering::Relaxed) && now > LONG_FRAMES;
        if now != seen {
            (seen, since) = (now, Instant::now());
        } else if since.elapsed() >= patience * if is_answering { ANSWER_PATIENCES } else { 1 } {
            return;
        }
    }
}

/// A request's body that counts what the connection takes of it.
struct Outgoing {
    body: SdkBody,
    held: Bytes,
    moved: Arc<Moved>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        this.moved.frames.fetch_add(1, Ordering::Relaxed);
        if this.held.is_empty() {
            // A body in memory comes as one frame, however long it is.
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.held = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return other,
            }
        }
        let next = this.held.split_to(FRAME_BYTES.min(this.held.len()));
        this.moved.is_all.store(this.held.is_empty() && this.body.is_end_stream(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(next))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (held, rest) = (self.held.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(held + rest.lower());
        if let Some(upper) = rest.upper() {
            hint.set_upper(held + upper);
        }
        hint
    }
}

/// An answer's body that ends in an error when somebody waits for it in vain.
struct Incoming {
    body: SdkBody,
    patience: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.alarm = None;
            return Poll::Ready(frame);
        }
        let alarm = this.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.patience)));
        match alarm.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Box::new(Silence(this.patience))))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
