//! An episode's id: it names folders and files, so it is kept to what every file system and URL takes.

use super::error::RundownError;
use super::fields::{Field, Scope};

const MAX_ID_BYTES: usize = 100;

/// Returns those present of series, season, number and title, in lower case, joined by hyphens: `the-show-1-3-re-space`.
pub(super) fn of_facts(
    series: Option<&str>,
    season: Option<u32>,
    number: Option<u32>,
    title: Option<&str>,
) -> Option<String> {
    let number_text = |number: Option<u32>| number.map(|number| number.to_string());
    let facts = [series.map(str::to_owned), number_text(season), number_text(number), title.map(str::to_owned)];
    let words: Vec<String> =
        facts.into_iter().flatten().map(|fact| slug(&fact)).filter(|word| !word.is_empty()).collect();
    let mut id = words.join("-");
    while id.len() > MAX_ID_BYTES {
        id.pop();
    }
    let id = id.trim_end_matches('-');
    (!id.is_empty()).then(|| id.to_owned())
}

/// Returns letters and digits of any script in lower case, each run of anything else as one hyphen.
fn slug(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// Returns an id as written, once it is known to be safe as a file's name.
pub(super) fn checked_id(field: &Field, scope: Scope) -> Result<String, RundownError> {
    let id = field.text(scope)?;
    let is_safe = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if id.chars().all(is_safe) && !id.starts_with(['.', '-']) && id.len() <= MAX_ID_BYTES {
        return Ok(id.to_owned());
    }
    let remedy = "write at most 100 bytes of letters, digits, `-`, `_` and `.`, beginning with a letter or digit";
    Err(field.wrong(scope, format!("cannot be \"{id}\", since it names files"), remedy))
}
