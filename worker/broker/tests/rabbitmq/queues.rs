//! Queues that are deleted behind our back, dead letters, and messages that are held too long.

use bookend_broker::{Broker, BrokerErrorKind, Event, Lane, RabbitMq};
use lapin::options::{BasicGetOptions, ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Connection, ConnectionProperties};

use crate::{node, own, sick_node};

async fn stranger(address: &str) -> lapin::Channel {
    let connection = Connection::connect(address, ConnectionProperties::default()).await.unwrap();
    connection.create_channel().await.unwrap()
}

#[tokio::test]
async fn what_is_deleted_behind_our_back_is_declared_again() {
    let settings = own("");
    let prefix = settings.trim_start_matches("?prefix=");
    let broker = RabbitMq::connect(&format!("{}{settings}", node().address())).await.unwrap();
    let stranger = stranger(&node().address()).await;
    let delete = async |queue: &str| {
        stranger.queue_delete(format!("{prefix}.{queue}").into(), QueueDeleteOptions::default()).await.unwrap();
    };

    delete("render").await;
    broker.publish(Lane::Render, b"published".to_vec()).await.unwrap();
    let taken = broker.try_take(&[Lane::Render]).await.unwrap().expect("what was published is there");
    assert_eq!((&*taken.bytes, taken.losses), (&b"published"[..], 0));
    taken.receipt.settle().await.unwrap();

    delete("batch").await;
    assert!(broker.try_take(&[Lane::Batch]).await.unwrap().is_none());
    delete("batch").await;
    assert_eq!(broker.depth(Lane::Batch).await.unwrap(), 0);
    delete("commands").await;
    broker.command(b"command".to_vec()).await.unwrap();
    broker.take_command().await.unwrap().receipt.settle().await.unwrap();

    // The exchange takes the listeners' bindings with it, and nobody can tell them so but their own queues.
    stranger.exchange_delete(format!("{prefix}.events").into(), ExchangeDeleteOptions::default()).await.unwrap();
    broker.emit(b"to nobody".to_vec()).await.unwrap();
}

#[tokio::test]
async fn a_leader_or_listener_whose_queue_is_deleted_is_told() {
    let settings = own("");
    let prefix = settings.trim_start_matches("?prefix=");
    let broker = RabbitMq::connect(&format!("{}{settings}", node().address())).await.unwrap();
    let leader = broker.lead().await.unwrap();
    let mut events = broker.events().await.unwrap();
    // Exclusive queues are their connection's alone, but an operator may delete them.
    node().ctl(&[
        "eval",
        &format!(
            "[rabbit_amqqueue:delete_immediately([amqqueue:get_pid(Q)]) || Q <- rabbit_amqqueue:list(<<\"media\">>), \
         lists:prefix(\"{prefix}.l\", binary_to_list(element(4, amqqueue:get_name(Q))))]."
        ),
    ]);
    leader.lost().await;
    assert!(!leader.is_held());
    assert_eq!(events.next().await, Some(Event::Lagged(1)));
    let again = broker.lead().await.unwrap();
    assert!(again.is_held());
}

#[tokio::test]
async fn a_dead_letter_says_where_it_came_from() {
    let settings = own("");
    let prefix = settings.trim_start_matches("?prefix=");
    let broker = RabbitMq::connect(&format!("{}{settings}", node().address())).await.unwrap();
    broker.publish(Lane::Render, b"garbage".to_vec()).await.unwrap();
    broker.take(&Lane::ALL).await.unwrap().receipt.set_aside().await.unwrap();

    let stranger = stranger(&node().address()).await;
    let letter = stranger.basic_get(format!("{prefix}.dead").into(), BasicGetOptions { no_ack: true }).await.unwrap();
    let letter = letter.unwrap().delivery;
    assert_eq!(letter.data, b"garbage");
    let from = letter.properties.headers().as_ref().unwrap().inner().get("bookend-from").unwrap().clone();
    assert_eq!(from.as_long_string().unwrap().as_bytes(), format!("{prefix}.render").as_bytes());
}

#[tokio::test]
async fn one_held_longer_than_the_broker_allows_comes_again_and_others_are_kept() {
    let node = sick_node().await;
    let settings = own("");
    let ours = RabbitMq::connect(&format!("{}{settings}", node.address())).await.unwrap();
    let theirs = RabbitMq::connect(&format!("{}{settings}", node.address())).await.unwrap();
    ours.publish(Lane::Render, b"long".to_vec()).await.unwrap();
    let held = ours.take(&Lane::ALL).await.unwrap();

    let again = theirs.take(&Lane::ALL).await.unwrap();
    assert_eq!((&*again.bytes, again.losses), (&b"long"[..], 1), "the timeout counts as a loss");
    ours.publish(Lane::Batch, b"short".to_vec()).await.unwrap();
    let short = ours.take(&[Lane::Batch]).await.unwrap();
    assert_eq!(held.receipt.settle().await.unwrap_err().kind(), BrokerErrorKind::Stale);
    short.receipt.settle().await.unwrap();
    again.receipt.settle().await.unwrap();
    assert!(theirs.try_take(&Lane::ALL).await.unwrap().is_none(), "a stale ending ended something, or nothing did");
}
