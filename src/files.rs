//! Reading the small files that people write.

use std::io;
use std::path::Path;

/// Reads a text file. Anything but a regular file is an error: reading a pipe would wait for whoever writes to it.
///
/// # Errors
/// When it cannot be read, or is no text.
pub fn read_text(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    std::fs::read_to_string(path)
}
