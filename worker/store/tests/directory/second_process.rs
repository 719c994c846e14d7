//! Second processes: this test program started again to play one part.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bookend_store::Store;

use crate::{name, open};

const ROLE: &str = "BOOKEND_STORE_TEST_ROLE";
const ROOT: &str = "BOOKEND_STORE_TEST_ROOT";

/// The shortest object the writer puts, in bytes.
pub(crate) const BASE_BYTES: usize = 4_000_000;

/// A second process; killed when dropped.
pub(crate) struct Helper {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    stdin: Option<ChildStdin>,
}

impl Helper {
    pub(crate) fn start(role: &str, root: &Path) -> Self {
        Self::start_by(Command::new(std::env::current_exe().unwrap()), role, root)
    }

    /// Starts by a command that ends in this test program.
    pub(crate) fn start_by(mut command: Command, role: &str, root: &Path) -> Self {
        let mut child = command
            .args(["--exact", "second_process::part", "--nocapture", "--quiet"])
            .env(ROLE, role)
            .env(ROOT, root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let stdin = child.stdin.take();
        Self { child, said, stdin }
    }

    /// Waits until it says this.
    pub(crate) fn wait_for(&mut self, word: &str) {
        let found = self.said.by_ref().map(Result::unwrap).any(|line| line.trim_start_matches('.') == word);
        assert!(found, "the second process ended before it said {word}");
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it end and asserts that all went well there.
    pub(crate) fn finish(mut self) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success(), "the second process failed; see its output above");
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test of its own: what a second process does.
#[tokio::test]
async fn part() {
    let (Ok(role), Some(root)) = (std::env::var(ROLE), std::env::var_os(ROOT)) else { return };
    let root = Path::new(&root);
    match role.as_str() {
        "write" => write_for_ever(root).await,
        "hold" => hold(root).await,
        "count" => count(root).await,
        "fill" => crate::room::fill(root).await,
        _ => panic!("no such part: {role}"),
    }
}

async fn write_for_ever(root: &Path) {
    let store = open(root).await;
    let _scratch = store.scratch().unwrap();
    say("writing");
    for round in 0_u64.. {
        let fill = u8::try_from(round % 200).unwrap();
        let body = vec![fill; BASE_BYTES + usize::from(fill)];
        store.put_bytes(&name(&format!("written/{}", round % 3)), body).await.unwrap();
    }
}

async fn hold(root: &Path) {
    let store = open(root).await;
    let _lock = store.lock_key("key").await.unwrap();
    say("held");
    wait_for_end_of_stdin();
}

/// Reads, adds one and writes under a lock: a second holder would lose a count.
async fn count(root: &Path) {
    let store = open(root).await;
    let path = root.join("count");
    for _ in 0..COUNTS {
        let _lock = store.lock_key("count").await.unwrap();
        let counted: u32 = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        tokio::task::yield_now().await;
        std::fs::write(&path, (counted + 1).to_string()).unwrap();
    }
}

/// How far each counter counts.
pub(crate) const COUNTS: u32 = 40;

pub(crate) fn say(word: &str) {
    // Straight to the descriptor: the test harness must not keep it.
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}").unwrap();
    out.flush().unwrap();
}

fn wait_for_end_of_stdin() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
