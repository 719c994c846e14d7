//! What is wrong with a rundown, and where.

use std::fmt;

/// Where an item stands in its rundown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ItemPlace {
    /// Its segment, from 1.
    pub segment: usize,
    /// Its place in the segment, from 1.
    pub item: usize,
}

impl fmt::Display for ItemPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}, item {}", self.segment, self.item)
    }
}

/// What is wrong with a rundown: `episode.toml:14: segment 1, item 3: unknown field "durration"; did you mean "duration"?`
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RundownError {
    /// The rundown's file name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The item, when the fault lies in one.
    pub item: Option<ItemPlace>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for RundownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(item) = self.item {
            write!(f, "{item}: ")?;
        }
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

impl RundownError {
    /// Makes an error whose file is named later, by [`RundownError::in_file`].
    pub(super) fn at(
        line: usize,
        item: Option<ItemPlace>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        RundownError { file: String::new(), line, item, message: message.into(), remedy: remedy.into() }
    }

    pub(super) fn in_file(self, file: &str) -> Self {
        RundownError { file: file.to_owned(), ..self }
    }
}
