//! Settings, house formats and outlets as versioned TOML, and the plain specification values they resolve to.
//!
//! Start at [`spec`]: what is made and what it is judged by. [`outlet`] finds a destination by name and
//! [`Outlet::resolve`] turns it into that specification for one house format; [`Settings`] say where and how work is done.
//! Does not read media, the environment or the command line, or carry secrets.

mod document;
mod error;
mod outlet;
mod settings;
pub mod spec;

pub use error::ConfigError;
pub use outlet::{ClauseText, Outlet, Outlets, outlet, outlets};
pub use settings::{BrokerSettings, LogSettings, Settings, SourceLimits, StoreSettings, WorkerSettings};
