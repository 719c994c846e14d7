//! Segments and items of a rundown.

use super::error::{ItemPlace, RundownError};
use super::fields::{Field, Fields, Scope};
use super::tree::{Node, Value};
use super::{Item, ItemKind, Segment, SoundPicture};
use crate::point::Length;
use crate::span::Cut;

const SEGMENT_FIELDS: &[&str] = &["title", "item"];
const KINDS: &[&str] = &["piece", "source", "black", "bars", "slate"];
const ITEM_FIELDS: &[&str] = &[
    "piece",
    "source",
    "black",
    "bars",
    "slate",
    "in",
    "out",
    "duration",
    "role",
    "title",
    "picture",
    "video_track",
    "audio_track",
    "text",
];

const POINT_REMEDY: &str = "write frames (\"36f\"), seconds (\"1.5s\") or timecode (\"00:00:01:12\")";
const LENGTH_REMEDY: &str =
    "write a length above zero: frames (\"12f\"), seconds (\"5s\") or timecode (\"00:00:05:00\")";

pub(super) fn segment(node: Node, number: usize) -> Result<Segment, RundownError> {
    let mut fields = Fields::of(node, &format!("segment {number}"), SEGMENT_FIELDS, None)?;
    let title = fields.text("title")?;
    let items = fields.list("item")?;
    if items.is_empty() {
        return Err(
            fields.error(format!("segment {number} has no item"), "write [[segment.item]] below it, or remove it")
        );
    }
    let place = |at: usize| ItemPlace { segment: number, item: at + 1 };
    let items = items.into_iter().enumerate().map(|(at, node)| item(node, place(at)));
    Ok(Segment { title, line: fields.line(), items: items.collect::<Result<_, _>>()? })
}

fn item(node: Node, place: ItemPlace) -> Result<Item, RundownError> {
    let scope = Some(place);
    let mut fields = Fields::of(node, "the item", ITEM_FIELDS, scope)?;
    let line = fields.line();
    let (kind, kind_field) = take_kind(&mut fields)?;
    let title = fields.text("title")?;
    let role = fields.text("role")?;
    let kind = match kind {
        "piece" => ItemKind::Piece {
            id: kind_field.text(scope)?.to_owned(),
            cut: cut(&mut fields)?,
            picture: picture(&mut fields)?,
        },
        "source" => ItemKind::Source {
            path: kind_field.text(scope)?.to_owned(),
            cut: cut(&mut fields)?,
            picture: picture(&mut fields)?,
            video_track: fields.number("video_track")?,
            audio_track: fields.number("audio_track")?,
        },
        "black" => ItemKind::Black { duration: kind_field.parsed(scope, LENGTH_REMEDY)? },
        "bars" => ItemKind::Bars { duration: kind_field.parsed(scope, LENGTH_REMEDY)? },
        _ => ItemKind::Slate { duration: kind_field.parsed(scope, LENGTH_REMEDY)?, text: slate_text(&mut fields)? },
    };
    if let Some((name, line)) = fields.names().next() {
        let message = format!("\"{name}\" does not apply to {kind_name}", kind_name = kind_field.key);
        return Err(RundownError::at(line, scope, message, remedy_for_misplaced(name, &kind_field.key)));
    }
    Ok(Item { place, line, title, role, kind })
}

/// Takes the one field that says what the item is.
fn take_kind(fields: &mut Fields) -> Result<(&'static str, Field), RundownError> {
    let kinds = KINDS.join(", ");
    let mut taken = KINDS.iter().filter_map(|&kind| fields.take(kind).map(|field| (kind, field)));
    let first = taken.next();
    let second = taken.next();
    drop(taken);
    match (first, second) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(fields.error("the item does not say what it is", format!("write one of {kinds}"))),
        (Some((a, _)), Some((b, second))) => {
            let message = format!("the item is both \"{a}\" and \"{b}\"");
            Err(RundownError::at(second.line, fields.scope(), message, format!("keep one of {kinds}")))
        }
    }
}

fn remedy_for_misplaced(name: &str, kind: &str) -> String {
    match (name, kind) {
        ("duration", "black" | "bars" | "slate") => format!("write the length as {kind} = \"5s\""),
        _ => "remove it".to_owned(),
    }
}

/// Takes in, out and duration.
fn cut(fields: &mut Fields) -> Result<Cut, RundownError> {
    let scope = fields.scope();
    let start = fields.parsed("in", POINT_REMEDY)?;
    let end = fields.parsed("out", POINT_REMEDY)?;
    let duration = fields.take("duration");
    if let (Some(_), Some(duration)) = (end, &duration) {
        return Err(duration.wrong(scope, "is given beside \"out\"", "remove one of them"));
    }
    let duration = duration.map(|field| field.parsed::<Length>(scope, LENGTH_REMEDY)).transpose()?;
    Ok(Cut { start, end, duration })
}

/// Takes the picture of a source that has none: `"black"` or a still's path.
fn picture(fields: &mut Fields) -> Result<SoundPicture, RundownError> {
    Ok(match fields.text("picture")? {
        None => SoundPicture::Black,
        Some(text) if text == "black" => SoundPicture::Black,
        Some(path) => SoundPicture::Still(path),
    })
}

/// Takes a slate's lines: a list of texts, or one text with line breaks.
fn slate_text(fields: &mut Fields) -> Result<Option<Vec<String>>, RundownError> {
    let scope: Scope = fields.scope();
    let Some(field) = fields.take("text") else { return Ok(None) };
    let Value::List(nodes) = &field.node.value else {
        return Ok(Some(field.text(scope)?.lines().map(str::to_owned).collect()));
    };
    let line = |node: &Node| match &node.value {
        Value::Text(text) => Ok(text.clone()),
        other => {
            let message = format!("a line of \"text\" is {}", other.type_name());
            Err(RundownError::at(node.line, scope, message, "write each line in quotes"))
        }
    };
    Ok(Some(nodes.iter().map(line).collect::<Result<_, _>>()?))
}
