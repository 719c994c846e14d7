//! The RabbitMQ carrier on a real node: the suite of every carrier, and everything that goes wrong between machines.
#![allow(clippy::unwrap_used, reason = "tests")]

mod alarm;
mod links;
mod proxy;
mod queues;
mod secrets;
mod start;
mod suite;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bookend_services::rabbitmq::{Options, RabbitMq as Node};
use tokio::sync::Mutex;

/// The node that tests share which do it no harm; gone when this program is.
fn node() -> &'static Node {
    static NODE: OnceLock<Node> = OnceLock::new();
    NODE.get_or_init(|| Node::start(&Options::default()))
}

/// The node that is killed, alarmed and impatient, by one test at a time.
async fn sick_node() -> tokio::sync::MutexGuard<'static, Node> {
    static NODE: OnceLock<Mutex<Node>> = OnceLock::new();
    let node = NODE.get_or_init(|| Mutex::new(Node::start(&Options { ack_timeout: Some(ACK_TIMEOUT) })));
    node.lock().await
}

/// How long the sick node lets a message be held.
const ACK_TIMEOUT: Duration = Duration::from_secs(4);

/// Settings of an address with which a test has queues of its own and does not wait long.
fn own(settings: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("?prefix=test-{}{settings}", NUMBER.fetch_add(1, Ordering::Relaxed))
}
