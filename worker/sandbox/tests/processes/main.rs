//! Real children, real kills. This program is its own child, as `bookend` is, so it has a `main` of its own.
//!
//! Nothing here sleeps: a fifo ends when the last process that holds it does, and that is waited for.

mod acts;
mod fifo;
mod parent;

use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use bookend_sandbox::{ChildProgram, Ending, Exit, Limits, RunningChild, Spawner};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fifo::Fifo;

fn main() -> ExitCode {
    match bookend_sandbox::child::enter() {
        Ok(Some(child)) => return acts::play(child),
        Ok(None) => {}
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(9);
        }
    }
    let arguments: Vec<_> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, parent::MARKER, scene, folder] => return parent::play(scene, folder.as_ref()),
        [_, acts::HOLD, fifo] => acts::hold(fifo.as_ref()),
        _ => {}
    }
    let tests: [(&str, Test); 20] = [
        ("progress arrives in order and the outcome last", progress_arrives_in_order_and_the_outcome_last),
        ("a specification and an outcome larger than a pipe pass", large_messages_pass),
        ("a crash is its signal", a_crash_is_its_signal),
        ("an exit without an outcome is a failure", an_exit_without_an_outcome_is_a_failure),
        ("an outcome with another exit code is a failure", an_outcome_with_another_code_is_a_failure),
        ("silence is a stall", silence_is_a_stall),
        ("progress without end is a time-out", progress_without_end_is_a_time_out),
        ("too much output is an overrun", too_much_output_is_an_overrun),
        ("an overlong line is an overrun", an_overlong_line_is_an_overrun),
        ("a line of another kind is garble", a_line_of_another_kind_is_garble),
        ("what libraries print goes to the log", what_libraries_print_goes_to_the_log),
        ("a child has no environment and no descriptors of ours", a_child_has_nothing_of_ours),
        ("a kill takes the whole group", a_kill_takes_the_whole_group),
        ("an end takes the whole group", an_end_takes_the_whole_group),
        ("a drop takes the whole group", a_drop_takes_the_whole_group),
        ("a child dies with its parent", a_child_dies_with_its_parent),
        ("a spare takes the job and dies with its spawner", a_spare_takes_the_job),
        ("a child outlives the handle of its spawner", a_child_outlives_its_spawner),
        ("peak memory and the log's end are kept", peak_memory_and_the_logs_end_are_kept),
        ("a child that nobody started refuses", a_child_that_nobody_started_refuses),
    ];
    let trials = tests.into_iter().map(|(name, test)| Trial::test(name, test)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

type Test = fn() -> Result<(), Failed>;

/// Limits that no test reaches by accident.
const AMPLE: Limits =
    Limits { wall: Duration::from_secs(300), no_progress: Duration::from_secs(300), output_bytes: 64 << 20 };

fn start(spec: &Value, limits: Limits) -> Result<(TempDir, RunningChild), Failed> {
    let scratch = tempfile::tempdir()?;
    let spawner = Spawner::new(ChildProgram::current())?;
    let child = spawner.start(spec.to_string().as_bytes(), scratch.path(), limits)?;
    Ok((scratch, child))
}

fn run(spec: &Value, limits: Limits) -> Result<Exit, Failed> {
    Ok(start(spec, limits)?.1.wait()?)
}

fn finished(exit: Exit) -> Result<Value, Failed> {
    match exit.ending {
        Ending::Finished(outcome) => Ok(outcome.parse()?),
        other => Err(format!("{other:?}, log: {}", exit.log_tail).into()),
    }
}

macro_rules! ends {
    ($exit:expr, $ending:pat) => {{
        let exit: Exit = $exit;
        assert!(matches!(exit.ending, $ending), "{exit:?}");
        exit
    }};
}

fn progress_arrives_in_order_and_the_outcome_last() -> Result<(), Failed> {
    let (_scratch, child) = start(&json!({ "act": "count", "to": 3 }), AMPLE)?;
    let mut seen = Vec::new();
    while let Some(progress) = child.progress() {
        seen.push(progress.parse::<u32>()?);
    }
    assert_eq!(seen, [1, 2, 3]);
    assert_eq!(finished(child.wait()?)?, json!({ "counted": 3 }));
    Ok(())
}

fn large_messages_pass() -> Result<(), Failed> {
    let text = "a line\nand another ".repeat(200_000);
    let outcome = finished(run(&json!({ "act": "echo", "text": text }), AMPLE)?)?;
    assert!(outcome == json!(text), "{} bytes came back", outcome.to_string().len());
    Ok(())
}

fn a_crash_is_its_signal() -> Result<(), Failed> {
    let exit = ends!(run(&json!({ "act": "abort" }), AMPLE)?, Ending::Signalled { signal: 6 });
    assert_eq!(exit.log_tail, "about to abort\n");
    Ok(())
}

fn an_exit_without_an_outcome_is_a_failure() -> Result<(), Failed> {
    ends!(run(&json!({ "act": "leave" }), AMPLE)?, Ending::Failed { code: 0 });
    Ok(())
}

fn an_outcome_with_another_code_is_a_failure() -> Result<(), Failed> {
    ends!(run(&json!({ "act": "finish-badly" }), AMPLE)?, Ending::Failed { code: 3 });
    Ok(())
}

fn silence_is_a_stall() -> Result<(), Failed> {
    let limits = Limits { no_progress: Duration::from_millis(20), ..AMPLE };
    ends!(run(&json!({ "act": "silence" }), limits)?, Ending::Stalled);
    Ok(())
}

fn progress_without_end_is_a_time_out() -> Result<(), Failed> {
    let limits = Limits { wall: Duration::from_millis(50), output_bytes: usize::MAX, ..AMPLE };
    ends!(run(&json!({ "act": "count", "to": u64::MAX }), limits)?, Ending::TimedOut);
    Ok(())
}

fn too_much_output_is_an_overrun() -> Result<(), Failed> {
    let limits = Limits { output_bytes: 1_000, ..AMPLE };
    ends!(run(&json!({ "act": "count", "to": u64::MAX }), limits)?, Ending::Overran);
    ends!(run(&json!({ "act": "count", "to": 1_000 }), limits)?, Ending::Overran);
    Ok(())
}

fn an_overlong_line_is_an_overrun() -> Result<(), Failed> {
    let limits = Limits { output_bytes: 100_000, ..AMPLE };
    ends!(run(&json!({ "act": "echo", "text": "x".repeat(200_000) }), limits)?, Ending::Overran);
    Ok(())
}

fn a_line_of_another_kind_is_garble() -> Result<(), Failed> {
    for text in ["hello\n", "{\"surprise\":1}\n", "{\"outcome\":1}\n{\"outcome\":2}\n", "{\"outcome\":1}\nrest"] {
        ends!(run(&json!({ "act": "write-lines", "text": text }), AMPLE)?, Ending::Garbled);
    }
    Ok(())
}

fn what_libraries_print_goes_to_the_log() -> Result<(), Failed> {
    let exit = run(&json!({ "act": "print", "text": "a stray word" }), AMPLE)?;
    assert_eq!(exit.log_tail, "a stray word\n");
    finished(exit)?;
    Ok(())
}

fn a_child_has_nothing_of_ours() -> Result<(), Failed> {
    // A descriptor that whoever started us left open, as shells and build tools do.
    let leaked = tempfile::tempfile()?;
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty())?;
    let (scratch, child) = start(&json!({ "act": "look-around" }), AMPLE)?;
    let seen = finished(child.wait()?)?;
    assert_eq!(seen["environment"], 0);
    assert_eq!(seen["folder"], json!(scratch.path().canonicalize()?));
    let descriptors = seen["descriptors"].as_array().ok_or("no list")?;
    assert!(descriptors.iter().all(|target| target.as_str().is_some_and(|it| it.starts_with("pipe:"))), "{seen}");
    assert_eq!(descriptors.len(), 4, "the standard three and the lines: {seen}");
    assert_eq!(seen["leads_its_group"], true);
    assert_eq!(seen["core_bytes"], 0);
    Ok(())
}

fn a_kill_takes_the_whole_group() -> Result<(), Failed> {
    let fifo = Fifo::new()?;
    let (_scratch, child) = start(&json!({ "act": "have-a-descendant", "fifo": fifo.path() }), AMPLE)?;
    let held = fifo.wait_for_holder()?;
    child.killer().kill();
    held.wait_for_end()?;
    ends!(child.wait()?, Ending::Killed);
    Ok(())
}

fn an_end_takes_the_whole_group() -> Result<(), Failed> {
    let fifo = Fifo::new()?;
    let (_scratch, child) = start(&json!({ "act": "leave-a-descendant", "fifo": fifo.path() }), AMPLE)?;
    let held = fifo.wait_for_holder()?;
    finished(child.wait()?)?;
    held.wait_for_end()?;
    Ok(())
}

fn a_drop_takes_the_whole_group() -> Result<(), Failed> {
    let fifo = Fifo::new()?;
    let (_scratch, child) = start(&json!({ "act": "have-a-descendant", "fifo": fifo.path() }), AMPLE)?;
    let held = fifo.wait_for_holder()?;
    let killer = child.killer();
    drop(child);
    held.wait_for_end()?;
    killer.kill();
    Ok(())
}

fn a_child_dies_with_its_parent() -> Result<(), Failed> {
    for scene in ["job", "spare"] {
        let folder = tempfile::tempdir()?;
        let fifo = Fifo::at(folder.path().join("fifo"))?;
        let mut parent = parent::start(scene, folder.path())?;
        let held = fifo.wait_for_holder()?;
        parent.kill()?;
        parent.wait()?;
        held.wait_for_end()?;
    }
    Ok(())
}

fn a_spare_takes_the_job() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let ended = parent::start("spares", folder.path())?.wait_with_output()?;
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    Ok(())
}

fn a_child_outlives_its_spawner() -> Result<(), Failed> {
    let (_scratch, child) = start(&json!({ "act": "count", "to": 1 }), AMPLE)?;
    // `start` has dropped the spawner; were its thread gone, the child would be too.
    assert_eq!(finished(child.wait()?)?, json!({ "counted": 1 }));
    Ok(())
}

fn peak_memory_and_the_logs_end_are_kept() -> Result<(), Failed> {
    let exit = run(&json!({ "act": "use-memory", "bytes": 96 << 20, "log_lines": 100_000 }), AMPLE)?;
    assert!(exit.usage.peak_rss_bytes >= 96 << 20, "{:?}", exit.usage);
    assert!(exit.log_tail.len() <= 64 << 10 && exit.log_tail.ends_with("line 99999\n"));
    finished(exit)?;
    Ok(())
}

fn a_child_that_nobody_started_refuses() -> Result<(), Failed> {
    let own = std::process::id().to_string();
    let tries = [
        (vec![], None, "bookend starts its children itself"),
        (vec!["1"], None, "bookend starts its children itself"),
        (vec![&*own], Some(("LD_PRELOAD", "")), "LD_PRELOAD"),
        (vec![&*own], None, "no job"),
    ];
    for (arguments, variable, wanted) in tries {
        let ended = Command::new("/proc/self/exe")
            .arg("--bookend-child")
            .args(&arguments)
            .env_clear()
            .envs(variable)
            .stdin(Stdio::null())
            .output()?;
        let log = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(9), "{arguments:?}: {log}");
        assert!(log.contains(wanted), "{arguments:?}: {log}");
        assert!(ended.stdout.is_empty());
    }
    Ok(())
}
