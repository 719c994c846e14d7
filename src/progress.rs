//! Progress on stderr: a bar with the time left on a terminal, plain lines otherwise.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use bookend_jobs::Key;
use bookend_scheduler::graph::Graph;
use bookend_scheduler::run::{News, Notice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;

use crate::say;

/// The longest time between two plain lines, while anything gets on.
const LINE_PAUSE: Duration = Duration::from_secs(5);

/// How progress is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Show {
    /// Not at all.
    Nothing,
    /// As lines.
    Lines,
    /// As a bar.
    Bar,
}

impl Show {
    /// Chooses for this process's stderr.
    pub fn choose(quiet: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Show::Nothing,
            (false, true) => Show::Bar,
            (false, false) => Show::Lines,
        }
    }
}

/// Shows a run's notices until it ends.
pub async fn follow(graph: &Graph, what: &str, show: Show, mut notices: mpsc::UnboundedReceiver<Notice>) {
    let mut board = Board::new(graph, what, show);
    while let Some(notice) = notices.recv().await {
        board.take(&notice);
    }
    board.end();
}

/// Returns what shows the progress of one piece of work, called with units done and in all.
pub fn single(what: &str, show: Show) -> impl Fn(u64, u64) + Send + use<> {
    let bar = (show == Show::Bar).then(|| bar(what));
    let (what, told) = (what.to_owned(), std::sync::Mutex::new(Instant::now()));
    move |done, total| {
        if let Some(bar) = &bar {
            bar.set_length(total);
            bar.set_position(done);
            if done >= total {
                bar.finish_and_clear();
            }
        }
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if show == Show::Lines && told.elapsed() >= LINE_PAUSE {
            *told = Instant::now();
            say::note(&format!("{what}: {} %", done * 100 / total.max(1)));
        }
    }
}

fn bar(what: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{prefix} {bar:30} {percent:>3} %  {elapsed} gone, {eta} left  {wide_msg}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(what.to_owned());
    bar
}

/// What is known of a run's progress, counted in expected CPU time.
struct Board {
    what: String,
    weights: BTreeMap<Key, u64>,
    done: BTreeMap<Key, u64>,
    reused: usize,
    made: usize,
    began: Instant,
    told: (Instant, u64),
    show: Show,
    bar: Option<ProgressBar>,
}

impl Board {
    fn new(graph: &Graph, what: &str, show: Show) -> Self {
        let weights = graph.nodes().map(|node| (node.key, node.cpu_estimate_ms.max(1))).collect();
        let now = Instant::now();
        Board {
            what: what.to_owned(),
            weights,
            done: BTreeMap::new(),
            reused: 0,
            made: 0,
            began: now,
            told: (now, 0),
            show,
            bar: None,
        }
    }

    fn take(&mut self, notice: &Notice) {
        let weight = self.weights.get(&notice.key).copied().unwrap_or(1);
        match &notice.news {
            News::Reused => {
                self.reused += 1;
                self.weights.remove(&notice.key);
                return;
            }
            News::Started { .. } => self.say_current(&notice.label),
            News::Progress { done, total } => {
                let share = u128::from(weight) * u128::from(*done.min(total)) / u128::from((*total).max(1));
                self.done.insert(notice.key, u64::try_from(share).unwrap_or(weight).min(weight));
                self.say_current(&notice.label);
            }
            News::Committed { .. } => {
                self.made += 1;
                self.done.insert(notice.key, weight);
            }
            News::Retrying { reason, after } => {
                self.tell(&format!("{}: {reason}; trying again in {} s", notice.label, after.as_secs()));
            }
            News::Stale => self.tell(&format!("{}: gone or damaged, is made again", notice.label)),
            // Told by the command, with its place, when the run has ended.
            News::Failed { .. } => {
                self.weights.remove(&notice.key);
            }
        }
        self.advance();
    }

    fn advance(&mut self) {
        let (done, total) = self.sums();
        match self.show {
            Show::Nothing => {}
            Show::Bar => {
                let bar = self.bar();
                bar.set_length(total);
                bar.set_position(done);
            }
            Show::Lines => {
                let percent = done * 100 / total.max(1);
                let (at, before) = self.told;
                if percent >= before + 10 || at.elapsed() >= LINE_PAUSE {
                    self.told = (Instant::now(), percent - percent % 10);
                    say::note(&format!(
                        "{}: {percent} %, {} of {} made{}",
                        self.what,
                        self.made,
                        self.weights.len(),
                        self.left(done, total)
                    ));
                }
            }
        }
    }

    /// Says what is being made, on the bar.
    fn say_current(&mut self, label: &str) {
        if self.show == Show::Bar {
            let label = label.to_owned();
            self.bar().set_message(label);
        }
    }

    /// Tells something that must not be missed.
    fn tell(&mut self, text: &str) {
        match (&self.bar, self.show) {
            (_, Show::Nothing) => {}
            (Some(bar), _) => bar.suspend(|| say::note(text)),
            (None, _) => say::note(text),
        }
    }

    fn sums(&self) -> (u64, u64) {
        (self.done.values().sum(), self.weights.values().sum())
    }

    fn left(&self, done: u64, total: u64) -> String {
        let elapsed = self.began.elapsed().as_secs();
        if done == 0 || done >= total || elapsed < 2 {
            return String::new();
        }
        let seconds = u128::from(elapsed) * u128::from(total - done) / u128::from(done);
        match seconds {
            0..90 => format!(", about {seconds} s left"),
            _ => format!(", about {} min left", seconds.div_ceil(60)),
        }
    }

    fn bar(&mut self) -> &ProgressBar {
        let what = &self.what;
        self.bar.get_or_insert_with(|| bar(what))
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.made > 0 && self.show != Show::Nothing {
            let seconds = self.began.elapsed().as_secs();
            say::note(&format!("{}: {} made, {} reused, {seconds} s", self.what, self.made, self.reused));
        }
    }
}
