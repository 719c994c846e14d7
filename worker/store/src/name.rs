//! Names of objects, the same on every store.

use std::fmt;
use std::str::FromStr;

use crate::{Result, StoreError};

/// The longest name, in bytes: S3 allows 1,024; the rest is for a bucket prefix.
pub const NAME_LIMIT_BYTES: usize = 1_000;

/// The longest segment of a name, in bytes: what Linux file systems allow.
pub const SEGMENT_LIMIT_BYTES: usize = 255;

/// First segments that no object may have: a directory store keeps its own things there.
const RESERVED: [&str; 2] = ["tmp", "locks"];

/// An object's name: segments of `A-Z a-z 0-9 . _ -` joined by `/`.
///
/// No segment is empty, starts with a dot or is longer than [`SEGMENT_LIMIT_BYTES`]; the whole is at most
/// [`NAME_LIMIT_BYTES`]; the first segment is not `tmp` or `locks`. A name is therefore always a relative path that stays
/// where it is put. Names order by their bytes, as S3 lists them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Parses a name; errors with [`StoreError::InvalidName`].
    pub fn parse(text: &str) -> Result<Self> {
        check(text).map_err(|reason| invalid(text, reason))?;
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The segments, first to last.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Whether the object lies in a folder.
    pub fn is_in(&self, prefix: &Prefix) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

impl FromStr for Name {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.0)
    }
}

/// A folder of names: empty for the whole store, else segments that each end in `/`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// The whole store.
    pub const fn all() -> Self {
        Self(String::new())
    }

    /// The folder of this path, written without its last `/`; errors with [`StoreError::InvalidName`].
    pub fn folder(path: &str) -> Result<Self> {
        check(path).map_err(|reason| invalid(path, reason))?;
        Ok(Self(format!("{path}/")))
    }

    /// The name of an object in this folder; `rest` may have several segments.
    pub fn name(&self, rest: &str) -> Result<Name> {
        Name::parse(&format!("{}{rest}", self.0))
    }

    /// The prefix as text, empty or ending in `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prefix({})", self.0)
    }
}

/// Whether a string may be one segment of a name.
pub(crate) fn check_segment(segment: &str) -> Result<(), &'static str> {
    if segment.is_empty() {
        return Err("a part between slashes is empty");
    }
    if segment.starts_with('.') {
        return Err("a part starts with a dot");
    }
    if segment.len() > SEGMENT_LIMIT_BYTES {
        return Err("a part is longer than 255 bytes");
    }
    if !segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
        return Err("only A-Z, a-z, 0-9, dot, underscore and hyphen are allowed between slashes");
    }
    Ok(())
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > NAME_LIMIT_BYTES {
        return Err("it is longer than 1,000 bytes");
    }
    if text.starts_with('/') {
        return Err("it starts with a slash");
    }
    text.split('/').try_for_each(check_segment)?;
    if RESERVED.iter().any(|reserved| text.split('/').next() == Some(reserved)) {
        return Err("its first part is reserved for the store's own use");
    }
    Ok(())
}

/// The error for a string that is no name: shortened and escaped, as it may come from anywhere.
pub(crate) fn invalid(text: &str, reason: &'static str) -> StoreError {
    StoreError::InvalidName { name: excerpt(text), reason }
}

/// The beginning of a string of any origin, fit for a message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_layout_s_names_and_refuses_what_could_leave_it() {
        for good in ["bookend.json", "results/ab/abc/7f-1/hls/720p/s_0001.m4s", "a", "-x/--y", "A..b/c"] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
        let long_segment = "s".repeat(256);
        let long_name = ["abcdefghi"; 101].join("/");
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "a/",
            "a//b",
            "..",
            "a/../b",
            "a/./b",
            ".hidden",
            "a/.b",
            "a b",
            "a\\b",
            "a\0b",
            "é",
            "%2e%2e/x",
            "concat:a",
            "tmp/x",
            "locks/x",
            "tmp",
            "a/b\n",
            &long_segment,
            &long_name,
        ] {
            assert!(matches!(Name::parse(bad), Err(StoreError::InvalidName { .. })), "{bad:?}");
        }
        assert_eq!(Name::parse(&["abcdefghi"; 100].join("/")).unwrap().as_str().len(), 999);
        assert!(Name::parse("a/tmp").is_ok());
    }

    #[test]
    fn a_prefix_is_a_whole_folder() {
        let folder = Prefix::folder("runs/r1").unwrap();
        assert!(folder.name("request.json").unwrap().is_in(&folder));
        assert!(!Name::parse("runs/r10/request.json").unwrap().is_in(&folder));
        assert!(Prefix::folder("runs/").is_err());
        assert!(folder.name("../r2/x").is_err());
    }
}
