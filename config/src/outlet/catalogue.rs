//! The outlets there are: those built in, and those of the user's folder.

use std::path::Path;

use super::text::Outlet;
use crate::ConfigError;
use crate::document::{nearest, read};

/// The outlets that come with Bookend, each under the name of its file.
const BUILT_IN: [(&str, &str); 3] = [
    ("master-prores.toml", include_str!("../../outlets/master-prores.toml")),
    ("preview-360p.toml", include_str!("../../outlets/preview-360p.toml")),
    ("youtube-1080p.toml", include_str!("../../outlets/youtube-1080p.toml")),
];

/// All outlets known to one run, by name, in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Outlets(Vec<(String, Outlet)>);

impl Outlets {
    /// Returns those that come with Bookend.
    ///
    /// # Panics
    /// Never: a test reads every embedded outlet.
    #[must_use]
    pub fn built_in() -> Self {
        let read = |(file, text): &(&str, &str)| {
            let outlet = Outlet::from_toml(file, text).expect("embedded outlets are read by a test of this package");
            (format!("the built-in {file}"), outlet)
        };
        Outlets(BUILT_IN.iter().map(read).collect())
    }

    /// Adds every `*.toml` of a folder, in the order of their names.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, a file is not an outlet, or its name is taken.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: folder.to_owned(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
        for file in files {
            self.add(&file)?;
        }
        Ok(self)
    }

    fn add(&mut self, file: &Path) -> Result<(), ConfigError> {
        let outlet = read_outlet(file)?;
        let second = file.display().to_string();
        if let Some((first, _)) = self.0.iter().find(|(_, known)| known.name() == outlet.name()) {
            return Err(ConfigError::TwiceNamed { name: outlet.name().to_owned(), first: first.clone(), second });
        }
        self.0.push((second, outlet));
        self.0.sort_by(|(_, a), (_, b)| a.name().cmp(b.name()));
        Ok(())
    }

    /// Returns the names in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.iter().map(|outlet| outlet.name().to_owned()).collect()
    }

    /// Walks the outlets in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Outlet> {
        self.0.iter().map(|(_, outlet)| outlet)
    }

    /// Finds an outlet by its name, or reads it from a path: anything with a `/` or ending in `.toml`.
    ///
    /// # Errors
    /// When there is none of that name (naming the nearest), or the file is not an outlet.
    pub fn find(&self, name: &str) -> Result<Outlet, ConfigError> {
        if name.contains('/') || name.ends_with(".toml") {
            return read_outlet(Path::new(name));
        }
        let known = self.names();
        self.iter().find(|outlet| outlet.name() == name).cloned().ok_or_else(|| ConfigError::UnknownOutlet {
            name: name.to_owned(),
            nearest: nearest(name, known.iter().map(String::as_str)),
            known,
        })
    }
}

fn read_outlet(file: &Path) -> Result<Outlet, ConfigError> {
    Outlet::from_toml(&file.display().to_string(), &read(file)?)
}

/// Returns the names of the built-in outlets, in order.
#[must_use]
pub fn outlets() -> Vec<String> {
    Outlets::built_in().names()
}

/// Finds a built-in outlet by name, or reads one from a path; see [`Outlets::find`].
///
/// # Errors
/// As [`Outlets::find`].
pub fn outlet(name: &str) -> Result<Outlet, ConfigError> {
    Outlets::built_in().find(name)
}
