//! The engine as a store's mark states it.

use bookend_jobs::Engine;

/// Reads an engine from its text, as `bookend.json` holds it; nothing when it is no engine's.
#[must_use]
pub fn parse_engine(text: &str) -> Option<Engine> {
    let mut parts = text.split(" · ");
    let recipes = parts.next()?.strip_prefix("recipes ")?.parse().ok()?;
    let avcodec = parts.next()?.strip_prefix("libavcodec ")?.to_owned();
    let x264 = parts.next()?.strip_prefix("x264 ")?.to_owned();
    parts.next().is_none().then_some(Engine { recipes, avcodec, x264 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_s_text_is_read_back() {
        let engine = Engine { recipes: 3, avcodec: "59.37".into(), x264: "164".into() };
        assert_eq!(parse_engine(&engine.to_string()), Some(engine));
        assert_eq!(parse_engine("e"), None);
    }
}
