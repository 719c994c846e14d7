//! Finding out cheaply whether an AMQP broker answers at all.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::failure::Failure;
use super::location::Location;

/// The header that opens every connection of AMQP 0-9-1 (section 4.2.2 of the specification).
const PROTOCOL_HEADER: &[u8; 8] = b"AMQP\x00\x00\x09\x01";
/// The type of the frame that a broker answers with: a method.
const METHOD_FRAME: u8 = 1;

/// Opens a connection, sees whether the first byte of the answer is AMQP's, and leaves.
///
/// Asked for the reason after the first attempt to connect has failed, and before every attempt to make a lost link
/// again: lapin has a thread for each attempt, which stays for as long as a port accepts connections and says nothing. Of
/// an encrypted port it sees only that something listens.
pub(super) async fn knock(location: &Location, bound: Duration) -> Result<(), Failure> {
    let answered = tokio::time::timeout(bound, answer(location)).await;
    answered.unwrap_or_else(|_| Err(Failure::silence(bound, "answer")))
}

async fn answer(location: &Location) -> Result<(), Failure> {
    let connected = TcpStream::connect(location.host()).await;
    let mut stream = connected.map_err(|error| Failure::Unreachable(format!("nothing answers there: {error}")))?;
    if location.is_encrypted() {
        return Ok(());
    }
    let failed = |error| Failure::Unreachable(format!("the connection failed: {error}"));
    stream.write_all(PROTOCOL_HEADER).await.map_err(failed)?;
    match stream.read_u8().await {
        Ok(METHOD_FRAME) => Ok(()),
        Ok(_) => Err(Failure::unusable(
            "what answers there speaks no AMQP 0-9-1",
            "correct host and port in the broker's address; RabbitMQ's is 5672, or 5671 encrypted",
        )),
        Err(error) => Err(failed(error)),
    }
}
