//! The contract between scheduler and worker: keys, requests, job messages, commits, verdicts, facts, events.
//!
//! The only types that cross the wire, with the specifications they carry by value. Does not do anything: whoever makes
//! a result is in `pipelines`, whoever decides what is made is in `scheduler`. Start at [`Request`] and its key.

mod child;
mod command;
mod commit;
mod digest;
mod engine;
pub mod facts;
mod kind;
mod known;
mod message;
mod request;
pub mod work;

pub use child::{ChildLine, ChildTask, LocalInput, MadeResult};
pub use command::{
    COMMAND_ID_LIMIT_BYTES, COMMAND_LIMIT_BYTES, COMMAND_VERSION, Command, CommandError, IngestOrder, Order,
    OrderedOutlet, OrderedSource, OrderedUpload, RenderOrder, RunOrder, SourceAt,
};
pub use commit::{AttemptId, Commit, Disposition, Reason, StoredFile, Verdict};
pub use digest::{Digest, Key, ParseNameError};
pub use engine::{Engine, RECIPE_SET};
pub use kind::Kind;
pub use known::{Known, KnownChunk, KnownSeam, KnownTone};
pub use message::{Event, JobMessage, MESSAGE_VERSION, WantedResult};
pub use request::{Input, Request};
