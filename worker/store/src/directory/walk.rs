//! Listing, in the order of names.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use crate::store::PAGE_LIMIT;
use crate::{Name, ObjectMeta, Page, Prefix, Result, StoreError};

/// The objects below a prefix after a name, at most [`PAGE_LIMIT`].
pub(super) fn page(root: &Path, prefix: &Prefix, after: Option<&Name>) -> Result<Page> {
    let mut objects = Vec::new();
    walk(root, prefix, after, &mut objects)?;
    let more = objects.len() > PAGE_LIMIT;
    objects.truncate(PAGE_LIMIT);
    Ok(Page { objects, more })
}

/// The folders directly below a prefix, by name.
pub(super) fn folders(root: &Path, prefix: &Prefix) -> Result<Vec<String>> {
    let mut folders: Vec<_> = entries(root, prefix)?
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Folder(folder) => Some(folder),
            Entry::Object(_) => None,
        })
        .map(|folder| folder.as_str()[prefix.as_str().len()..].trim_end_matches('/').to_owned())
        .collect();
    folders.sort_unstable();
    Ok(folders)
}

/// An object's description from its file's metadata.
pub(super) fn describe(name: Name, path: &Path, meta: &Metadata) -> Result<ObjectMeta> {
    let modified = meta.modified().map_err(|source| StoreError::io("look at", path, 0, source))?;
    Ok(ObjectMeta { name, bytes: meta.len(), modified })
}

enum Entry {
    Object(Name),
    Folder(Prefix),
}

impl Entry {
    /// What orders entries as their full names do: a folder by its name with the slash.
    fn text(&self) -> &str {
        match self {
            Self::Object(name) => name.as_str(),
            Self::Folder(folder) => folder.as_str(),
        }
    }
}

/// Adds objects until there is one more than a page.
fn walk(root: &Path, prefix: &Prefix, after: Option<&Name>, objects: &mut Vec<ObjectMeta>) -> Result<()> {
    for entry in entries(root, prefix)? {
        if objects.len() > PAGE_LIMIT {
            return Ok(());
        }
        match entry {
            Entry::Folder(folder) => {
                let is_past = after.is_some_and(|after| folder.as_str() < after.as_str() && !after.is_in(&folder));
                if !is_past {
                    walk(root, &folder, after, objects)?;
                }
            }
            Entry::Object(name) => {
                if after.is_some_and(|after| name <= *after) {
                    continue;
                }
                let path = root.join(name.as_str());
                match fs::symlink_metadata(&path) {
                    Ok(meta) => objects.push(describe(name, &path, &meta)?),
                    Err(source) if source.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(StoreError::io("look at", &path, 0, source)),
                }
            }
        }
    }
    Ok(())
}

/// What a folder holds, in the order of full names; what cannot be an object of ours is passed over.
fn entries(root: &Path, prefix: &Prefix) -> Result<Vec<Entry>> {
    let path = root.join(prefix.as_str());
    let read = match fs::read_dir(&path) {
        Ok(read) => read,
        Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(StoreError::io("list", &path, 0, source)),
    };
    let mut entries = Vec::new();
    for entry in read {
        let entry = entry.map_err(|source| StoreError::io("list", &path, 0, source))?;
        let Ok(file_name) = entry.file_name().into_string() else { continue };
        let full = format!("{prefix}{file_name}");
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(source) if source.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(StoreError::io("look at", &entry.path(), 0, source)),
        };
        if kind.is_dir() {
            entries.extend(Prefix::folder(&full).ok().map(Entry::Folder));
        } else if kind.is_file() {
            entries.extend(Name::parse(&full).ok().map(Entry::Object));
        }
    }
    entries.sort_unstable_by(|a, b| a.text().cmp(b.text()));
    Ok(entries)
}
