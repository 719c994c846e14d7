//! Commands: what clients ask the scheduler for. `COMMANDS.md` beside this package describes them for programs.

use std::collections::BTreeMap;

use bookend_config::spec::OutletSpec;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Digest;
use crate::work::InspectLimits;

/// Version of [`Command`].
pub const COMMAND_VERSION: u32 = 1;
/// The longest command, in bytes: what every broker carries, 4 MiB.
pub const COMMAND_LIMIT_BYTES: usize = 4 << 20;
/// The longest [`Command::id`], in bytes.
pub const COMMAND_ID_LIMIT_BYTES: usize = 200;

/// Something that a client asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct Command {
    /// Names this message: the same one coming twice is done once. Without it a repeated message is a repeated wish.
    pub id: Option<String>,
    /// What is asked for.
    pub order: Order,
}

/// What a command asks for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Order {
    /// Make assets of uploads.
    Ingest(IngestOrder),
    /// Make an episode for outlets.
    Render(Box<RenderOrder>),
    /// Stop a run.
    Cancel(RunOrder),
    /// Try again what failed or was cancelled, going on from where it was.
    Retry(RunOrder),
}

/// Asks to make assets of uploads.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestOrder {
    /// The request's id, which becomes the run's; a digest of the order when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The lane: `interactive` (default), `render` or `batch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The uploads, at least one.
    pub uploads: Vec<OrderedUpload>,
    /// What they may ask of us at most.
    #[serde(default)]
    pub limits: InspectLimits,
}

/// An upload that lies in the store already.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedUpload {
    /// Where its bytes are.
    pub source: SourceAt,
    /// Its name for people, as the contributor's file was called.
    pub name: String,
}

/// Where an upload's bytes are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceAt {
    /// Among the store's sources, under this digest.
    Digest(Digest),
    /// In the store's `inbox/`, under this name, where a site put it.
    Key(String),
}

/// Asks to make an episode for outlets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderOrder {
    /// The request's id, which becomes the run's; the episode's id and a digest of the order when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The lane: `interactive`, `render` (default) or `batch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The rundown's text.
    pub rundown: String,
    /// The rundown's file name, for messages only.
    pub file: String,
    /// Every file that the rundown names: its path as written there, and its bytes, which the store has.
    #[serde(default)]
    pub sources: BTreeMap<String, OrderedSource>,
    /// The outlets, at least one, by value.
    pub outlets: Vec<OrderedOutlet>,
    /// What a source may ask of us at most.
    #[serde(default)]
    pub limits: InspectLimits,
}

/// A source's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedSource {
    /// SHA-256 of them.
    pub sha256: Digest,
    /// How many there are.
    pub bytes: u64,
}

/// An outlet as it was resolved for the rundown's house.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedOutlet {
    /// What a producer calls it.
    pub title: String,
    /// What it asks.
    pub spec: OutletSpec,
}

/// Asks something of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOrder {
    /// The run's id.
    pub run: String,
}

/// Why a message is no command; sending it again does not help.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It is too long.
    #[error("a command of {bytes} bytes is more than {COMMAND_LIMIT_BYTES}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It is not a JSON object.
    #[error("a command is one JSON object")]
    NotJson(#[source] serde_json::Error),
    /// It names another version, or none.
    #[error("a command of version {found}, where this program reads version {COMMAND_VERSION}")]
    Version {
        /// What it says.
        found: String,
    },
    /// Its `id` is no string of 1 to 200 bytes.
    #[error("a command's `id` is a string of 1 to {COMMAND_ID_LIMIT_BYTES} bytes")]
    Id,
    /// Its fields are not a command's.
    #[error("a command's fields are wrong")]
    Fields(#[source] serde_json::Error),
    /// A list that needs an entry has none.
    #[error("`{field}` needs at least one entry")]
    Empty {
        /// The list.
        field: &'static str,
    },
}

impl Command {
    /// Writes the command as it is sent.
    ///
    /// # Errors
    /// When it is too long, for which there is nothing to do but to ask for less at a time.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CommandError> {
        #[derive(Serialize)]
        struct Envelope<'a> {
            version: u32,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a String>,
            #[serde(flatten)]
            order: &'a Order,
        }
        let envelope = Envelope { version: COMMAND_VERSION, id: self.id.as_ref(), order: &self.order };
        let bytes = serde_json::to_vec(&envelope).map_err(CommandError::Fields)?;
        if bytes.len() > COMMAND_LIMIT_BYTES {
            return Err(CommandError::TooLong { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads a command.
    ///
    /// # Errors
    /// When it is too long, no JSON, of another version, or not made as a command is.
    pub fn parse(bytes: &[u8]) -> Result<Self, CommandError> {
        if bytes.len() > COMMAND_LIMIT_BYTES {
            return Err(CommandError::TooLong { bytes: bytes.len() });
        }
        let mut fields: serde_json::Map<String, Value> =
            serde_json::from_slice(bytes).map_err(CommandError::NotJson)?;
        let version = fields.remove("version");
        if version.as_ref().and_then(Value::as_u64) != Some(u64::from(COMMAND_VERSION)) {
            let found = version.map_or_else(|| "unknown".to_owned(), |version| shown(&version));
            return Err(CommandError::Version { found });
        }
        let id = match fields.remove("id") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) if (1..=COMMAND_ID_LIMIT_BYTES).contains(&id.len()) => Some(id),
            Some(_) => return Err(CommandError::Id),
        };
        let order: Order = serde_json::from_value(Value::Object(fields)).map_err(CommandError::Fields)?;
        order.check()?;
        Ok(Command { id, order })
    }
}

impl Order {
    /// Returns a digest of all that decides what is done: not of the request's own id, nor of its lane.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut order = self.clone();
        match &mut order {
            Order::Ingest(IngestOrder { request, lane, .. }) => (*request, *lane) = (None, None),
            Order::Render(render) => (render.request, render.lane) = (None, None),
            Order::Cancel(_) | Order::Retry(_) => {}
        }
        // Maps of it are ordered, and it holds nothing that JSON cannot say.
        Digest::of(&serde_json::to_vec(&order).unwrap_or_default())
    }

    fn check(&self) -> Result<(), CommandError> {
        match self {
            Order::Ingest(ingest) if ingest.uploads.is_empty() => Err(CommandError::Empty { field: "uploads" }),
            Order::Render(render) if render.outlets.is_empty() => Err(CommandError::Empty { field: "outlets" }),
            _ => Ok(()),
        }
    }
}

/// Shows the beginning of what stands where a version should.
fn shown(version: &Value) -> String {
    version.to_string().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page's examples, each a fenced block.
    fn examples() -> Vec<&'static str> {
        let page = include_str!("../COMMANDS.md");
        page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
    }

    #[test]
    fn every_example_of_the_page_is_a_command_and_comes_back_as_it_was() {
        let commands: Vec<Command> = examples().iter().map(|text| Command::parse(text.as_bytes()).unwrap()).collect();
        let kinds: Vec<_> = commands.iter().map(|command| std::mem::discriminant(&command.order)).collect();
        assert_eq!(kinds.len(), 4, "one of each");
        assert!(kinds.iter().enumerate().all(|(at, kind)| !kinds[..at].contains(kind)), "one of each");
        for command in commands {
            assert_eq!(Command::parse(&command.to_bytes().unwrap()).unwrap(), command);
        }
    }

    #[test]
    fn what_is_no_command_is_refused_by_what_is_wrong() {
        let refused = |text: &str| Command::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(refused("{"), CommandError::NotJson(_)));
        assert!(matches!(refused("[1]"), CommandError::NotJson(_)));
        let Version(found) = version(refused(r#"{"version":2,"command":"cancel","run":"r"}"#));
        assert_eq!(found, "2");
        let Version(found) = version(refused(r#"{"command":"cancel","run":"r"}"#));
        assert_eq!(found, "unknown");
        assert!(matches!(refused(r#"{"version":1,"command":"explode"}"#), CommandError::Fields(_)));
        assert!(matches!(refused(r#"{"version":1,"command":"cancel","run":"r","more":1}"#), CommandError::Fields(_)));
        assert!(matches!(refused(r#"{"version":1,"id":7,"command":"cancel","run":"r"}"#), CommandError::Id));
        let none = refused(r#"{"version":1,"command":"ingest","uploads":[]}"#);
        assert!(matches!(none, CommandError::Empty { field: "uploads" }));
        let long = Command::parse(&vec![b' '; COMMAND_LIMIT_BYTES + 1]).unwrap_err();
        assert!(matches!(long, CommandError::TooLong { .. }));
    }

    struct Version(String);

    fn version(error: CommandError) -> Version {
        match error {
            CommandError::Version { found } => Version(found),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_request_is_the_same_by_any_name_and_in_any_lane() {
        let ingest = |request: Option<&str>, lane: Option<&str>, name: &str| {
            Order::Ingest(IngestOrder {
                request: request.map(str::to_owned),
                lane: lane.map(str::to_owned),
                uploads: vec![OrderedUpload { source: SourceAt::Key("inbox/a".into()), name: name.into() }],
                limits: InspectLimits::default(),
            })
        };
        assert_eq!(ingest(None, None, "a").digest(), ingest(Some("x"), Some("batch"), "a").digest());
        assert_ne!(ingest(None, None, "a").digest(), ingest(None, None, "b").digest());
    }
}
