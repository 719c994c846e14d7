//! The seams' pictures, each inside the page once, however often it is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use crate::Report;

/// Pictures by name, each with the class that shows it.
pub(super) struct Album(BTreeMap<String, Picture>);

struct Picture {
    class: String,
    jpeg: String,
}

impl Album {
    /// Collects the pictures of all seams.
    pub(super) fn of(report: &Report, pictures: &dyn Fn(&str) -> Option<Vec<u8>>) -> Self {
        let mut album = BTreeMap::new();
        let names = report
            .seams
            .iter()
            .filter_map(|seam| seam.facts.pictures.as_ref())
            .flat_map(|(before, after)| [before, after]);
        for name in names {
            if !album.contains_key(name)
                && let Some(jpeg) = pictures(name)
            {
                let class = format!("p{}", album.len());
                album.insert(name.clone(), Picture { class, jpeg: STANDARD.encode(jpeg) });
            }
        }
        Album(album)
    }

    /// Returns the rules that hold the pictures.
    pub(super) fn style(&self) -> String {
        let mut style = String::new();
        for picture in self.0.values() {
            let _ =
                writeln!(style, ".{}{{background-image:url(data:image/jpeg;base64,{})}}", picture.class, picture.jpeg);
        }
        style
    }

    /// Shows a picture, or the blank where it would be.
    pub(super) fn show(&self, name: Option<&str>, says: &str) -> Markup {
        match name.and_then(|name| self.0.get(name)) {
            Some(picture) => html! { div class={ "pic " (picture.class) } role="img" aria-label=(says) {} },
            None => {
                html! { div class="pic blank" role="img" aria-label={ (says) ": no picture" } { span { "no picture" } } }
            }
        }
    }

    /// Returns how large a picture is as encoded, 0 when it is not there: a measure of how much there is to see.
    pub(super) fn encoded_size(&self, name: &str) -> usize {
        self.0.get(name).map_or(0, |picture| picture.jpeg.len())
    }
}
