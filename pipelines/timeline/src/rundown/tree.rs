//! A rundown's text as a tree whose every value knows its line, whichever format it was written in.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::RundownError;

/// A value and the line on which it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// A number as it is written, in decimal.
    Number(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// A type that no field has, by its name.
    Other(&'static str),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Value {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(name) => name,
        }
    }
}

pub(super) fn parse_toml(text: &str) -> Result<Node, RundownError> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| {
        let line = lines.line_of(error.span().map_or(0, |span| span.start));
        RundownError::at(line, None, format!("this is not TOML: {}", error.message()), "correct the line")
    })?;
    let value = Value::Table(lines.entries(table.into_inner()));
    Ok(Node { line: 1, value })
}

/// The byte offsets at which lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines(std::iter::once(0).chain(after_breaks).collect())
    }

    fn line_of(&self, offset: usize) -> usize {
        self.0.partition_point(|&start| start <= offset)
    }

    fn node(&self, value: Spanned<DeValue<'_>>) -> Node {
        let line = self.line_of(value.span().start);
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Number(number.to_string()),
                Err(_) => Value::Number(number.as_str().to_owned()),
            },
            DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
            DeValue::Boolean(_) => Value::Other("true or false"),
            DeValue::Datetime(_) => Value::Other("a date or time"),
            DeValue::Array(list) => Value::List(list.into_iter().map(|value| self.node(value)).collect()),
            DeValue::Table(table) => Value::Table(self.entries(table)),
        };
        Node { line, value }
    }

    /// Returns a table's entries in the order of their lines, so that the first fault reported is the first in the file.
    fn entries(&self, table: DeTable<'_>) -> Vec<Entry> {
        let entry = |(key, value): (Spanned<DeString<'_>>, Spanned<DeValue<'_>>)| Entry {
            line: self.line_of(key.span().start),
            key: key.into_inner().into_owned(),
            node: self.node(value),
        };
        let mut entries: Vec<Entry> = table.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.line);
        entries
    }
}
