//! Reads one versioned TOML document into its private builder, with errors that name file, line and nearest field.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ConfigError;

/// The version of every document that this build reads.
const VERSION: i64 = 1;

/// Reads a whole file as text.
pub(crate) fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

/// Parses `text`, which came from `file`.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ConfigError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: Option<i64>,
    }
    let malformed = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let message = error.message().to_owned();
        ConfigError::Malformed {
            file: file.to_owned(),
            line: line_of(text, start),
            nearest: nearest_named(&message),
            message,
        }
    };
    let wrong = |message: String| ConfigError::Invalid { file: file.to_owned(), field: "version".to_owned(), message };
    match toml::from_str::<Versioned>(text).map_err(malformed)?.version {
        Some(VERSION) => toml::from_str(text).map_err(malformed),
        Some(other) => {
            Err(wrong(format!("is {other}, this build reads {VERSION}: use the Bookend that it was written for")))
        }
        None => Err(wrong(format!("is missing: begin the file with `version = {VERSION}`"))),
    }
}

/// Returns the line, from 1, that a byte of the text is on.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

/// Returns the candidate whose spelling is nearest to `name`, if it is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|&(likeness, _)| likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// Serde names the wrong word and then the valid ones, each in backticks: finds the nearest of these. For display only.
fn nearest_named(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    nearest(wrong, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "version")]
        _version: i64,
        #[serde(rename = "colour")]
        _colour: Option<String>,
    }

    #[test]
    fn an_unknown_field_names_file_line_and_nearest() {
        let error = parse::<Sample>("here.toml", "version = 1\n\ncolor = \"bt709\"\n")
            .expect_err("must be refused")
            .to_string();
        assert!(error.starts_with("here.toml, line 3: unknown field `color`"), "{error}");
        assert!(error.ends_with("did you mean `colour`?"), "{error}");
    }

    #[test]
    fn another_version_is_refused_before_its_fields_are_read() {
        let error =
            parse::<Sample>("here.toml", "version = 2\nnew_thing = 1\n").expect_err("must be refused").to_string();
        assert_eq!(error, "here.toml: `version` is 2, this build reads 1: use the Bookend that it was written for");
        let error = parse::<Sample>("here.toml", "colour = \"bt709\"\n").expect_err("must be refused").to_string();
        assert_eq!(error, "here.toml: `version` is missing: begin the file with `version = 1`");
    }

    #[test]
    fn broken_toml_names_the_line() {
        let error = parse::<Sample>("here.toml", "version = 1\ncolour = \n").expect_err("must be refused").to_string();
        assert!(error.starts_with("here.toml, line 2: "), "{error}");
    }
}
