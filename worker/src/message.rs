//! Reading a job message, as strictly as its effects are lasting.

use std::collections::BTreeSet;

use bookend_jobs::{JobMessage, Key, MESSAGE_VERSION, Request};

/// Reads a message that this program can act on; the error says in a sentence why it cannot.
pub(crate) fn read(bytes: &[u8]) -> Result<JobMessage, String> {
    let message: JobMessage = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if message.version != MESSAGE_VERSION {
        return Err(format!("its version is {}, this program reads version {MESSAGE_VERSION}", message.version));
    }
    let Some(kind) = message.kind() else { return Err("it wants no result".to_owned()) };
    for wanted in &message.results {
        if wanted.work.kind() != kind {
            return Err(format!("it wants results of two kinds, {kind} and {}", wanted.work.kind()));
        }
        // A result under a wrong key would be taken for another for ever.
        let request = Request { work: wanted.work.clone(), inputs: message.inputs.clone() };
        let key = request.key(&message.engine);
        if key != wanted.key {
            return Err(format!("it names {} what is {key}", wanted.key));
        }
    }
    if keys(&message).len() != message.results.len() {
        return Err("it wants one result twice".to_owned());
    }
    Ok(message)
}

/// Returns the keys of a message's results.
pub(crate) fn keys(message: &JobMessage) -> BTreeSet<Key> {
    message.results.iter().map(|wanted| wanted.key).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bookend_jobs::work::{Inspect, InspectLimits, Work};
    use bookend_jobs::{Digest, Engine, Input};

    use super::*;

    fn message() -> JobMessage {
        let request = Request {
            work: Work::Inspect(Inspect { picture_track: None, sound_track: None, limits: InspectLimits::default() }),
            inputs: BTreeMap::from([("source".to_owned(), Input::Source(Digest::of(b"a")))]),
        };
        let engine = Engine { recipes: 1, avcodec: "59.37".into(), x264: "164".into() };
        JobMessage::new(&engine, &[request], vec![], 0)
    }

    fn fault(message: &JobMessage) -> String {
        read(&serde_json::to_vec(message).unwrap()).unwrap_err()
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        assert_eq!(read(&serde_json::to_vec(&message()).unwrap()).unwrap(), message());
    }

    #[test]
    fn whatever_else_arrives_is_named() {
        assert!(read(b"hello").is_err());
        assert!(fault(&JobMessage { version: 2, ..message() }).contains("version is 2"));
        assert!(fault(&JobMessage { results: vec![], ..message() }).contains("no result"));
        let mut twice = message();
        twice.results.extend(message().results);
        assert!(fault(&twice).contains("twice"));
        let other = Engine { recipes: 2, ..message().engine };
        assert!(fault(&JobMessage { engine: other, ..message() }).contains("names"));
    }
}
