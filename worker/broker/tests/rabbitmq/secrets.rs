//! That nothing logged holds a password, by anyone, at any level.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use bookend_broker::{Broker, Lane, RabbitMq};
use bookend_services::rabbitmq::PASSWORD;

use crate::{node, own};

static LINES: AtomicU64 = AtomicU64::new(0);
static LEAKS: AtomicU64 = AtomicU64::new(0);

/// Looks through every line that is logged and keeps none.
struct Censor;

impl Write for Censor {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LINES.fetch_add(1, Ordering::SeqCst);
        let as_list = PASSWORD.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
        let text = String::from_utf8_lossy(line);
        if [PASSWORD, &as_list, "hunter2", "pass%2Fword"].iter().any(|secret| text.contains(secret)) {
            LEAKS.fetch_add(1, Ordering::SeqCst);
            eprintln!("{}", text.chars().take(400).collect::<String>());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_logged_holds_a_password() {
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Censor);
    everything.init();
    let broker = RabbitMq::connect(&format!("{}{}", node().address(), own(""))).await.unwrap();
    broker.publish(Lane::Render, b"job".to_vec()).await.unwrap();
    broker.take(&Lane::ALL).await.unwrap().receipt.settle().await.unwrap();
    RabbitMq::connect(&format!("amqp://user:hunter2@127.0.0.1:{}", node().port())).await.unwrap_err();
    RabbitMq::connect("amqp://user:hunter2@127.0.0.1:1").await.unwrap_err();
    assert!(LINES.load(Ordering::SeqCst) > 0, "nothing was logged at all");
    assert_eq!(LEAKS.load(Ordering::SeqCst), 0, "a password was logged");
}
