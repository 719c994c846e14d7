//! A rundown written as JSON, with the line of every value.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::RundownError;
use super::tree::{Entry, Node, Value};

pub(super) fn parse(text: &str) -> Result<Node, RundownError> {
    let line = Cell::new(1);
    let mut json = serde_json::Deserializer::from_reader(CountingLines { bytes: text.as_bytes(), line: &line });
    let node = Seed { line: &line }.deserialize(&mut json);
    node.and_then(|node| json.end().map(|()| node)).map_err(|error| {
        let whole = error.to_string();
        let message = whole.split(" at line ").next().unwrap_or(&whole);
        RundownError::at(error.line().max(1), None, format!("this is not JSON: {message}"), "correct the line")
    })
}

/// Counts the lines that the parser, which reads a byte at a time, has reached.
struct CountingLines<'a> {
    bytes: &'a [u8],
    line: &'a Cell<usize>,
}

impl Read for CountingLines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (Some(slot), Some((&byte, rest))) = (buffer.first_mut(), self.bytes.split_first()) else {
            return Ok(0);
        };
        *slot = byte;
        self.bytes = rest;
        if byte == b'\n' {
            self.line.set(self.line.get() + 1);
        }
        Ok(1)
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    line: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Seed<'_> {
    fn node<E>(self, value: Value) -> Result<Node, E> {
        Ok(Node { line: self.line.get(), value })
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        self.node(Value::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        self.node(Value::Number(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        self.node(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        self.node(Value::Number(number.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        self.node(Value::Other("true or false"))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        self.node(Value::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let line = self.line.get();
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(Node { line, value: Value::List(nodes) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Node, A::Error> {
        let begins = self.line.get();
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(key) = table.next_key::<String>()? {
            let line = self.line.get();
            if entries.iter().any(|entry| entry.key == key) {
                return Err(serde::de::Error::custom(format_args!("field \"{key}\" is given twice")));
            }
            let node = table.next_value_seed(self)?;
            entries.push(Entry { key, line, node });
        }
        Ok(Node { line: begins, value: Value::Table(entries) })
    }
}
