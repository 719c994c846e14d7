//! The suite of every carrier, over cables that can be cut.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bookend_broker::{Broker, RabbitMq, conformance};

use crate::proxy::Proxy;
use crate::{node, own};

/// Two links of a connection knock, and then are made again.
const MADE_AGAIN: usize = 4;

/// Queues of their own, and a cable for each connection, in the order they were made.
struct Carrier {
    settings: String,
    cables: Mutex<Vec<Arc<Proxy>>>,
}

#[async_trait]
impl conformance::Subject for Carrier {
    async fn connect(&self) -> Arc<dyn Broker> {
        let cable = Arc::new(Proxy::to(node().port()).await);
        let address = format!("{}{}", node().address_through(cable.port()), self.settings);
        self.cables.lock().unwrap().push(cable);
        Arc::new(RabbitMq::connect(&address).await.unwrap())
    }

    async fn cut(&self, connection: usize) {
        let cable = Arc::clone(&self.cables.lock().unwrap()[connection]);
        let accepted = cable.accepted();
        cable.cut();
        // That they are made again shows that the loss was noticed.
        cable.wait_for(accepted + MADE_AGAIN).await;
    }
}

#[tokio::test]
async fn the_rabbitmq_carrier_keeps_every_promise_of_a_carrier() {
    conformance::check(&Carrier { settings: own(""), cables: Mutex::default() }).await;
}
