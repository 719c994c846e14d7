//! What is said at the start of what cannot be used.

use std::error::Error;
use std::net::Ipv4Addr;

use bookend_broker::{Broker, BrokerError, BrokerErrorKind, Event, Lane, RabbitMq};
use bookend_services::ports;
use bookend_services::rabbitmq::{PASSWORD, USER};
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{node, own};

/// The error with its chain, as a caller prints it: one line without credentials.
async fn refusal(address: &str) -> (BrokerErrorKind, String) {
    let error: BrokerError = RabbitMq::connect(address).await.unwrap_err();
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    assert!(!line.contains('\n') && !line.contains(USER) && !line.contains("secret"), "{line}");
    assert!(!format!("{line} {error:?}").contains(PASSWORD), "{error:?}");
    (error.kind(), line)
}

#[tokio::test]
async fn wrong_credentials_and_virtual_hosts_are_named_with_a_remedy() {
    let port = node().port();
    for (address, said) in [
        (format!("amqp://{USER}:secret@127.0.0.1:{port}/media"), "refuses the user or the password"),
        (format!("amqp://nobody:secret@127.0.0.1:{port}/media"), "refuses the user or the password"),
        (node().address().replace("/media", "/nowhere"), "no such virtual host"),
    ] {
        let (kind, line) = refusal(&address).await;
        assert_eq!(kind, BrokerErrorKind::Unusable, "{line}");
        assert!(line.contains(said) && line.contains(&format!("127.0.0.1:{port}")), "{line}");
    }
}

#[tokio::test]
async fn a_port_without_a_broker_is_told_from_one_with_another_service() {
    let [port] = ports::free();
    let (kind, line) = refusal(&format!("amqp://u:secret@127.0.0.1:{port}")).await;
    assert_eq!(kind, BrokerErrorKind::Retry, "{line}");
    assert!(line.contains("nothing answers there"), "{line}");

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let web = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read_u8().await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let (kind, line) = refusal(&format!("amqp://u:secret@127.0.0.1:{port}")).await;
    assert_eq!(kind, BrokerErrorKind::Unusable, "{line}");
    assert!(line.contains("speaks no AMQP"), "{line}");
    web.abort();

    // The kernel accepts; nobody ever says a word.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let (kind, line) = refusal(&format!("amqp://u:secret@127.0.0.1:{port}?patience=1")).await;
    assert_eq!(kind, BrokerErrorKind::Retry, "{line}");
    assert!(line.contains("no answer within 1 s"), "{line}");
}

#[tokio::test]
async fn a_queue_with_other_arguments_is_named_with_a_remedy() {
    let settings = own("");
    let prefix = settings.trim_start_matches("?prefix=");
    let connection = Connection::connect(&node().address(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let name = format!("{prefix}.render");
    let classic = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare((*name).into(), classic, FieldTable::default()).await.unwrap();

    let (kind, line) = refusal(&format!("{}{settings}", node().address())).await;
    assert_eq!(kind, BrokerErrorKind::Unusable, "{line}");
    assert!(line.contains(&format!("`{name}` exists there with other arguments")), "{line}");
    assert!(line.contains(&format!("delete `{name}`")) && line.contains("?prefix="), "{line}");
}

#[tokio::test]
async fn the_place_is_the_address_without_credentials_and_settings() {
    let broker = RabbitMq::connect(&format!("{}{}", node().address(), own(""))).await.unwrap();
    assert_eq!(broker.place(), format!("amqp://127.0.0.1:{}/media", node().port()));
    let shown = format!("{broker:?}");
    assert!(!shown.contains(USER) && !shown.contains("pass"), "{shown}");
}

#[tokio::test]
async fn a_user_needs_no_more_permissions_than_the_page_says() {
    let settings = own("");
    let prefix = settings.trim_start_matches("?prefix=");
    let user = format!("limited-{prefix}");
    let address = format!("amqp://{user}:secret@127.0.0.1:{}/media{settings}", node().port());
    node().ctl(&["add_user", &user, "secret"]);
    node().ctl(&["set_permissions", "-p", "media", &user, "^$", "^$", "^$"]);
    let (kind, line) = refusal(&address).await;
    assert_eq!(kind, BrokerErrorKind::Unusable, "{line}");
    assert!(line.contains(&format!("may not declare `{prefix}.")), "{line}");

    let own_names = format!("^{prefix}\\.");
    let written_to = format!("^({prefix}\\.|amq\\.default$)");
    node().ctl(&["set_permissions", "-p", "media", &user, &own_names, &written_to, &own_names]);
    let broker = RabbitMq::connect(&address).await.unwrap();
    let mut events = broker.events().await.unwrap();
    broker.publish(Lane::Render, b"job".to_vec()).await.unwrap();
    broker.take(&Lane::ALL).await.unwrap().receipt.set_aside().await.unwrap();
    broker.emit(b"event".to_vec()).await.unwrap();
    assert_eq!(events.next().await, Some(Event::Told(b"event".to_vec())));
    assert!(broker.lead().await.unwrap().is_held());
}

#[tokio::test]
async fn an_encrypted_address_of_a_plain_port_fails_with_the_reason() {
    let (kind, line) = refusal(&format!("amqps://u:secret@127.0.0.1:{}?patience=5", node().port())).await;
    assert_eq!(kind, BrokerErrorKind::Retry, "{line}");
    assert!(line.contains("the connection failed"), "{line}");
}
