//! A broker that blocks publishers.

use bookend_broker::{Broker, BrokerErrorKind, Lane, RabbitMq};

use crate::{own, sick_node};

#[tokio::test]
async fn under_a_disk_alarm_publishing_fails_typed_while_taking_goes_on() {
    let node = sick_node().await;
    let broker = RabbitMq::connect(&format!("{}{}", node.address(), own("&patience=2"))).await.unwrap();
    broker.publish(Lane::Render, b"before".to_vec()).await.unwrap();
    node.ctl(&["set_disk_free_limit", "1000000GB"]);

    // The first finds out that the broker blocks, the second knows.
    for message in [b"1", b"2"] {
        let error = broker.publish(Lane::Render, message.to_vec()).await.unwrap_err();
        assert_eq!(error.kind(), BrokerErrorKind::Retry, "{error}");
        let said = error.to_string();
        assert!(said.contains("blocks publishers") && said.contains("disk"), "{said}");
    }
    let error = broker.emit(b"event".to_vec()).await.unwrap_err();
    assert_eq!(error.kind(), BrokerErrorKind::Retry, "{error}");
    let taken = broker.take(&Lane::ALL).await.unwrap();
    assert_eq!(taken.bytes, b"before");
    taken.receipt.settle().await.unwrap();

    node.ctl(&["set_disk_free_limit", "50MB"]);
    broker.publish(Lane::Interactive, b"after".to_vec()).await.unwrap();
    let taken = broker.take(&[Lane::Interactive]).await.unwrap();
    assert_eq!(taken.bytes, b"after");
    taken.receipt.settle().await.unwrap();
    // What was on its way when the broker blocked may have got through, once.
    let mut late = Vec::new();
    while let Some(taken) = broker.try_take(&Lane::ALL).await.unwrap() {
        late.push(taken.bytes);
        taken.receipt.settle().await.unwrap();
    }
    assert!(late.is_empty() || late == [b"1"], "{late:?}");
}
