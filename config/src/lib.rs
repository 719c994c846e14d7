//! Settings, house formats and outlets as versioned TOML, and the plain specification values they resolve to.
//!
//! Start at [`spec`]: what is made and what it is judged by. Does not read media or carry secrets.

pub mod spec;
