//! The child's end: reads its task, does it, says how it went.
//!
//! `main` begins with
//!
//! ```no_run
//! # use std::process::ExitCode;
//! fn main() -> ExitCode {
//!     if let Some(code) = bookend_worker::child::become_child() {
//!         return code;
//!     }
//!     // arguments, logs, runtime …
//!     ExitCode::SUCCESS
//! }
//! ```

mod recipes;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bookend_jobs::{ChildLine, ChildTask, Disposition, Reason};
use bookend_pipelines::{JobFolder, RecipeError};
use bookend_sandbox::child::{ChildContext, ChildError};

pub use recipes::{Examine, Make, Recipes};

/// Least time between two progress lines: five in a second tell a person and the lease enough.
const PROGRESS_PAUSE: Duration = Duration::from_millis(200);
/// Exit code of a child that could not take or answer its task.
const BROKEN: u8 = 70;

/// Becomes a child if this process was started as one, does its task, and returns the code to leave `main` with; None in
/// any other process, which is left as it was.
#[must_use]
pub fn become_child() -> Option<ExitCode> {
    become_child_with(&Recipes::built_in())
}

/// As [`become_child`], with other recipes: for tests of what surrounds them.
#[must_use]
pub fn become_child_with(recipes: &Recipes) -> Option<ExitCode> {
    let served = match bookend_sandbox::child::enter() {
        Ok(None) => return None,
        Ok(Some(context)) => serve(context, recipes),
        Err(error) => Err(error),
    };
    Some(match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log: the parent keeps its end.
            eprintln!("{error}");
            ExitCode::from(BROKEN)
        }
    })
}

fn serve(context: ChildContext, recipes: &Recipes) -> Result<(), ChildError> {
    let outcome = match serde_json::from_slice(context.spec()) {
        Ok(task) => {
            let mut pulse = Pulse::new(&context);
            let done =
                catch_unwind(AssertUnwindSafe(|| perform(&task, recipes, &mut |done, total| pulse.beat(done, total))));
            done.unwrap_or_else(|panic| bug("panic", words(&*panic)))
        }
        Err(error) => bug("malformed-task", format!("the child cannot read its task: {error}")),
    };
    context.finish(&outcome)
}

fn perform(task: &ChildTask, recipes: &Recipes, progress: &mut dyn FnMut(u64, u64)) -> ChildLine {
    match task {
        ChildTask::Engine => ChildLine::Engine { engine: (recipes.engine)() },
        ChildTask::Make { results, inputs, scratch, threads } => {
            let job = JobFolder::new(inputs, scratch, *threads);
            match (recipes.make)(results, &job, progress) {
                Ok(results) => ChildLine::Made { results: BTreeMap::from_iter(results) },
                Err(error) => failed(&error),
            }
        }
        ChildTask::Examine { file, outlet, known, threads } => {
            match (recipes.examine)(file, outlet, known, *threads, progress) {
                Ok(facts) => ChildLine::Examined { facts: Box::new(facts) },
                Err(error) => failed(&error),
            }
        }
    }
}

fn failed(error: &RecipeError) -> ChildLine {
    ChildLine::Failed { disposition: error.disposition(), reason: error.reason() }
}

fn bug(code: &str, message: String) -> ChildLine {
    ChildLine::Failed { disposition: Disposition::Bug, reason: Reason { code: code.to_owned(), message } }
}

/// What a panic said; where it was is in the log.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the recipe panicked: {}", text.unwrap_or("without words"))
}

/// Passes on progress: only when there is some, and not too often.
struct Pulse<'a> {
    context: &'a ChildContext,
    last: Option<(Instant, u64)>,
}

impl<'a> Pulse<'a> {
    fn new(context: &'a ChildContext) -> Self {
        Pulse { context, last: None }
    }

    fn beat(&mut self, done: u64, total: u64) {
        let due =
            self.last.is_none_or(|(at, before)| done != before && (at.elapsed() >= PROGRESS_PAUSE || done >= total));
        if due {
            self.last = Some((Instant::now(), done));
            // A parent that is gone takes this process along; there is nobody left to tell.
            let _ = self.context.progress(&ChildLine::Progress { done, total });
        }
    }
}
