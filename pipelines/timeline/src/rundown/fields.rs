//! Reading the fields of one table of a rundown.

use std::fmt::Display;
use std::str::FromStr;

use super::error::{ItemPlace, RundownError};
use super::tree::{Entry, Node, Value};

/// The least likeness, from 0 to 1, at which a field's name is offered in place of an unknown one.
const LIKENESS: f64 = 0.7;

/// Whose field it is, for messages.
pub(super) type Scope = Option<ItemPlace>;

/// A table whose fields are all known by name, taken one by one.
pub(super) struct Fields {
    line: usize,
    scope: Scope,
    entries: Vec<Entry>,
}

impl Fields {
    /// Opens a table of `what` (`a rundown`), refusing what is no table and any field not among `known`.
    pub(super) fn of(node: Node, what: &str, known: &[&str], scope: Scope) -> Result<Self, RundownError> {
        let Value::Table(entries) = node.value else {
            let message = format!("{what} is {}", node.value.type_name());
            return Err(RundownError::at(node.line, scope, message, "write it as a table of fields"));
        };
        if let Some(entry) = entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
            let message = format!("unknown field \"{}\"", entry.key);
            return Err(RundownError::at(entry.line, scope, message, suggestion(&entry.key, known)));
        }
        Ok(Fields { line: node.line, scope, entries })
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    /// Returns the names of the fields not yet taken, with their lines.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.line))
    }

    /// Makes an error about the table as a whole.
    pub(super) fn error(&self, message: impl Into<String>, remedy: impl Into<String>) -> RundownError {
        RundownError::at(self.line, self.scope, message, remedy)
    }

    /// Takes a field.
    pub(super) fn take(&mut self, key: &str) -> Option<Field> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        let Entry { key, line, node } = self.entries.remove(at);
        Some(Field { key, line, node })
    }

    /// Takes a field that is text.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, RundownError> {
        let scope = self.scope;
        self.take(key).map(|field| field.text(scope).map(str::to_owned)).transpose()
    }

    /// Takes a field that is text of a certain form, whose error says what is wrong.
    pub(super) fn parsed<T: FromStr>(&mut self, key: &str, remedy: &str) -> Result<Option<T>, RundownError> {
        let scope = self.scope;
        self.take(key).map(|field| field.parsed(scope, remedy)).transpose()
    }

    /// Takes a field that is a whole number, not negative.
    pub(super) fn number(&mut self, key: &str) -> Result<Option<u32>, RundownError> {
        let scope = self.scope;
        let Some(field) = self.take(key) else { return Ok(None) };
        match &field.node.value {
            Value::Number(digits) => match digits.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(field.wrong(scope, format!("cannot be {digits}"), "write a whole number from 0")),
            },
            other => Err(field.wrong(scope, format!("is {}", other.type_name()), "write a whole number from 0")),
        }
    }

    /// Takes a field that is a list of tables; absent is empty.
    pub(super) fn list(&mut self, key: &str) -> Result<Vec<Node>, RundownError> {
        let scope = self.scope;
        let Some(field) = self.take(key) else { return Ok(Vec::new()) };
        match field.node.value {
            Value::List(nodes) => Ok(nodes),
            ref other => {
                Err(field.wrong(scope, format!("is {}", other.type_name()), format!("write a list, [[{key}]] in TOML")))
            }
        }
    }
}

/// A field taken from its table.
pub(super) struct Field {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Field {
    /// Makes an error about this field: `"duration" is a number`.
    pub(super) fn wrong(&self, scope: Scope, message: impl Display, remedy: impl Into<String>) -> RundownError {
        RundownError::at(self.line, scope, format!("\"{}\" {message}", self.key), remedy)
    }

    /// Returns its text, which is never blank.
    pub(super) fn text(&self, scope: Scope) -> Result<&str, RundownError> {
        match &self.node.value {
            Value::Text(text) if text.trim().is_empty() => {
                Err(self.wrong(scope, "is empty", "write its text, or remove it"))
            }
            Value::Text(text) => Ok(text),
            other => Err(self.wrong(scope, format!("is {}", other.type_name()), "write text in quotes")),
        }
    }

    /// Returns its text, parsed.
    pub(super) fn parsed<T: FromStr>(&self, scope: Scope, remedy: &str) -> Result<T, RundownError> {
        match &self.node.value {
            Value::Text(text) => text.parse().map_err(|_| self.wrong(scope, format!("cannot be \"{text}\""), remedy)),
            other => Err(self.wrong(scope, format!("is {}", other.type_name()), remedy)),
        }
    }
}

/// Offers the known name most like an unknown one, or all of them.
fn suggestion(unknown: &str, known: &[&str]) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(&unknown.to_lowercase(), name);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest {
        Some(name) if likeness(name) >= LIKENESS => format!("did you mean \"{name}\"?"),
        _ => format!("the fields here are {}", known.join(", ")),
    }
}
