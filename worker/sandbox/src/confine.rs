//! What a child takes from itself at its entry, while it has one thread.
//!
//! Now: inherited descriptors, core dumps, new privileges, and the right to be the last to go when memory runs out.
//! [`settle`] is the place for what needs nothing of the job. Landlock (only the scratch folder) and seccomp (no
//! sockets, no exec, no fork) need the scratch folder or must come after the last file is opened here: they belong at
//! the end of [`child::enter`](crate::child::enter).

use std::fs;
use std::io;

use rustix::process::{Resource, Rlimit};

use crate::child::ChildError;

/// Added to the out-of-memory score, of 1000: children go before schedulers, brokers and desktops.
const OOM_SCORE_ADJ: &str = "500";

/// Lets go of everything inherited and everything not needed.
pub(crate) fn settle() -> Result<(), ChildError> {
    close_inherited()?;
    let limit = |what, result: io::Result<()>| result.map_err(|source| ChildError::Confine { what, source });
    let no_core = Rlimit { current: Some(0), maximum: Some(0) };
    limit("core dumps", rustix::process::setrlimit(Resource::Core, no_core).map_err(Into::into))?;
    limit("the out-of-memory score", fs::write("/proc/self/oom_score_adj", OOM_SCORE_ADJ))?;
    limit("new privileges", rustix::thread::set_no_new_privs(true).map_err(Into::into))?;
    // Only what `ps` shows.
    let _ = rustix::thread::set_name(c"bookend-child");
    Ok(())
}

/// Closes every descriptor but the standard three, and looks again.
fn close_inherited() -> Result<(), ChildError> {
    for number in open_beyond_standard()? {
        // Nothing has run yet that could own it. The one the folder was read with is closed already.
        let _ = nix::unistd::close(number);
    }
    match open_beyond_standard()?.as_slice() {
        // The folder's own, gone again when the list is complete.
        [_] => Ok(()),
        left => Err(ChildError::Descriptors { left: left.to_vec() }),
    }
}

fn open_beyond_standard() -> Result<Vec<i32>, ChildError> {
    let failed = |source| ChildError::Confine { what: "inherited descriptors", source };
    let mut numbers = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if let Some(number) = name.to_str().and_then(|name| name.parse().ok()).filter(|&number: &i32| number > 2) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}
