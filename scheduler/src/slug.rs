//! Slugs: titles and file names as ids.

/// The longest slug, in bytes: it becomes part of file names.
const LIMIT_BYTES: usize = 80;

/// Makes an id of a title: lower-case letters and digits, joined by single hyphens; empty when it has none.
#[must_use]
pub fn slug(title: &str) -> String {
    let mut slug = String::new();
    for character in title.chars().flat_map(char::to_lowercase) {
        if slug.len() >= LIMIT_BYTES {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') && character != '\'' {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_title_becomes_a_file_name() {
        assert_eq!(slug("The River — Act 1"), "the-river-act-1");
        assert_eq!(slug("RE: Space"), "re-space");
        assert_eq!(slug("it's fine.mov"), "its-fine-mov");
        assert_eq!(slug("—"), "");
        assert!(slug(&"long ".repeat(100)).len() <= 80);
    }
}
