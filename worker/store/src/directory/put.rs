//! Writing and deleting: whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::DirectoryStore;
use crate::digest::{hash_copy, open_regular, unchanged};
use crate::locks::is_at;
use crate::temporary::TemporaryFile;
use crate::{Name, ObjectDigest, Result, StoreError};

/// Objects are for reading: a job that reads one in place, or a person looking around, must not change it.
const OBJECT_MODE: u32 = 0o444;

/// How often a put makes its folder again because a delete removed it as empty in between.
const FOLDER_TRIES: usize = 100;

impl DirectoryStore {
    /// Copies bytes to a temporary file and gives it its name.
    pub(super) fn put(
        &self,
        name: &Name,
        from: &mut impl Read,
        from_path: &Path,
        planned_bytes: u64,
        expected: Option<ObjectDigest>,
    ) -> Result<ObjectDigest> {
        let temporary = TemporaryFile::at(self.workspace.fresh("put"));
        let mut file = temporary.create(planned_bytes)?;
        let digest = hash_copy(from, from_path, &mut file, temporary.path(), planned_bytes)?;
        unchanged(from_path, expected, digest)?;
        self.publish(name, file, temporary, digest)
    }

    /// Moves a file into the store, or copies it when it lies on another file system.
    pub(super) fn take_in(&self, name: &Name, from: &Path, expected: Option<ObjectDigest>) -> Result<ObjectDigest> {
        let (mut file, bytes) = open_regular(from)?;
        let temporary = TemporaryFile::at(self.workspace.fresh("put"));
        match fs::rename(from, temporary.path()) {
            Ok(()) => {}
            Err(source) if source.kind() == io::ErrorKind::CrossesDevices => {
                let digest = self.put(name, &mut file, from, bytes, expected)?;
                fs::remove_file(from).map_err(|source| StoreError::io("remove", from, 0, source))?;
                return Ok(digest);
            }
            Err(source) => return Err(StoreError::io("move", from, 0, source)),
        }
        if !is_at(&file, temporary.path())? {
            return Err(StoreError::Changed { path: from.to_owned() });
        }
        // The disk writes what it has not yet while we hash, so that `publish` has little to wait for. What fails here fails
        // there too.
        let digest = std::thread::scope(|scope| {
            let written = file.try_clone();
            scope.spawn(move || written.and_then(|written| written.sync_data()));
            hash_copy(&mut file, from, &mut io::sink(), from, 0)
        })?;
        unchanged(from, expected, digest)?;
        self.publish(name, file, temporary, digest)
    }

    /// Makes a written file durable and gives it its name.
    fn publish(&self, name: &Name, file: File, temporary: TemporaryFile, digest: ObjectDigest) -> Result<ObjectDigest> {
        file.set_permissions(Permissions::from_mode(OBJECT_MODE))
            .and_then(|()| file.sync_all())
            .map_err(|source| StoreError::io("write", temporary.path(), digest.bytes, source))?;
        let path = self.path(name);
        let folder = path.parent().expect("an object lies below the store's root");
        for _ in 0..FOLDER_TRIES {
            make_folder(folder, name)?;
            match fs::rename(temporary.path(), &path) {
                Ok(()) => {
                    temporary.keep();
                    sync_folder(folder)?;
                    return Ok(digest);
                }
                Err(source) if source.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(clash_or(name, &path, digest.bytes, source)),
            }
        }
        let source = io::Error::other("its folder was removed again and again");
        Err(StoreError::Io { action: "write", path, source })
    }

    /// Deletes an object, and its folders as far as they are empty; the outermost ones stay.
    pub(super) fn remove(&self, name: &Name) -> Result<()> {
        let path = self.path(name);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => return Ok(()),
            Ok(_) => {}
            Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(source) => return Err(StoreError::io("look at", &path, 0, source)),
        }
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(StoreError::io("delete", &path, 0, source)),
        }
        for folder in path.ancestors().skip(1) {
            let outermost = folder.parent().is_none_or(|parent| parent == self.root);
            if folder == self.root || outermost || fs::remove_dir(folder).is_err() {
                // Durable before it returns: gc deletes a commit before the bytes it names.
                return sync_folder(folder);
            }
        }
        Ok(())
    }
}

/// Makes a folder and those above it, each durable in the one above.
fn make_folder(folder: &Path, name: &Name) -> Result<()> {
    for _ in 0..FOLDER_TRIES {
        match fs::create_dir(folder) {
            Ok(()) => return sync_folder(folder.parent().unwrap_or(folder)),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                return match fs::metadata(folder) {
                    Ok(meta) if !meta.is_dir() => Err(StoreError::Clash { name: name.clone() }),
                    _ => Ok(()),
                };
            }
            Err(source) if source.kind() == io::ErrorKind::NotFound => match folder.parent() {
                Some(above) => make_folder(above, name)?,
                None => return Err(StoreError::io("make folder", folder, 0, source)),
            },
            Err(source) => return Err(clash_or(name, folder, 0, source)),
        }
    }
    let source = io::Error::other("the folder above was removed again and again");
    Err(StoreError::Io { action: "make folder", path: folder.to_owned(), source })
}

fn clash_or(name: &Name, path: &Path, needed_bytes: u64, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::DirectoryNotEmpty => {
            StoreError::Clash { name: name.clone() }
        }
        _ => StoreError::io("write", path, needed_bytes, source),
    }
}

/// Forces a folder's entries to disk; a folder that a delete removed meanwhile needs it no more.
fn sync_folder(folder: &Path) -> Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Ok(()) => Ok(()),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::io("sync folder", folder, 0, source)),
    }
}
