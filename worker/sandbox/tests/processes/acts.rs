//! What the test child can do. It plays both a well-behaved child and a hostile one.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use bookend_sandbox::child::ChildContext;
use rustix::process::Resource;
use serde_json::{Value, json};

/// First argument of a descendant that holds a fifo until it is killed.
pub const HOLD: &str = "--hold";

/// Plays the act that the specification names.
pub fn play(child: ChildContext) -> ExitCode {
    let spec: Value = serde_json::from_slice(child.spec()).expect("the specification is JSON");
    let text = || spec["text"].as_str().expect("a text");
    let outcome = match spec["act"].as_str().expect("an act") {
        "count" => count(&child, spec["to"].as_u64().expect("a number")),
        "echo" => spec["text"].clone(),
        "abort" => {
            eprintln!("about to abort");
            std::process::abort()
        }
        "leave" => return ExitCode::SUCCESS,
        "finish-badly" => {
            child.finish(&1).expect("the parent reads");
            return ExitCode::from(3);
        }
        "silence" => forever(),
        "write-lines" => {
            // Around the crate, as code that has been taken over would.
            File::options()
                .write(true)
                .open("/proc/self/fd/3")
                .and_then(|mut lines| lines.write_all(text().as_bytes()))
                .expect("the lines are open");
            return ExitCode::SUCCESS;
        }
        "print" => {
            writeln!(std::io::stdout(), "{}", text()).expect("stdout is open");
            Value::Null
        }
        "look-around" => look_around(),
        "have-a-descendant" => {
            descend(&spec);
            forever()
        }
        "leave-a-descendant" => {
            descend(&spec);
            Value::Null
        }
        "hold" => hold(spec["fifo"].as_str().expect("a path").as_ref()),
        "use-memory" => use_memory(&spec),
        other => panic!("no such act: {other}"),
    };
    child.finish(&outcome).expect("the parent reads");
    ExitCode::SUCCESS
}

/// Opens the fifo, greets whoever reads it and whoever started this, and stays until killed.
pub fn hold(fifo: &Path) -> ! {
    let mut file = File::options().write(true).open(fifo).expect("the fifo is there");
    file.write_all(b"!").expect("somebody reads");
    let mut out = std::io::stdout();
    out.write_all(b"!").and_then(|()| out.flush()).expect("stdout is open");
    forever()
}

fn forever() -> ! {
    loop {
        std::thread::park();
    }
}

fn count(child: &ChildContext, to: u64) -> Value {
    for n in 1..=to {
        child.progress(&n).expect("the parent reads");
    }
    json!({ "counted": to })
}

/// Starts a descendant and waits until it holds the fifo.
#[allow(clippy::zombie_processes, reason = "that it is left behind is the point")]
fn descend(spec: &Value) {
    let fifo = spec["fifo"].as_str().expect("a path");
    let mut descendant =
        Command::new("/proc/self/exe").args([HOLD, fifo]).stdout(Stdio::piped()).spawn().expect("this program starts");
    descendant.stdout.take().expect("it is piped").read_exact(&mut [0]).expect("it greets");
}

fn look_around() -> Value {
    let own = std::process::id();
    let descriptors: Vec<_> = std::fs::read_dir("/proc/self/fd")
        .expect("the list of descriptors")
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        // The list itself is open while it is read.
        .filter(|target| *target != Path::new(&format!("/proc/{own}/fd")))
        .collect();
    json!({
        "environment": std::env::vars_os().count(),
        "folder": std::env::current_dir().expect("a working directory"),
        "descriptors": descriptors,
        "leads_its_group": rustix::process::getpgrp().as_raw_pid().unsigned_abs() == own,
        "core_bytes": rustix::process::getrlimit(Resource::Core).maximum,
    })
}

fn use_memory(spec: &Value) -> Value {
    for n in 0..spec["log_lines"].as_u64().expect("a number") {
        eprintln!("line {n}");
    }
    let bytes = usize::try_from(spec["bytes"].as_u64().expect("a number")).expect("it fits");
    let memory = vec![1_u8; bytes];
    json!(std::hint::black_box(&memory).iter().step_by(4_096).map(|&byte| u64::from(byte)).sum::<u64>())
}
