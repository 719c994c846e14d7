//! The arguments (DESIGN 9), with help that teaches.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  bookend probe clip.mov                              what is in a file
  bookend ingest upload.mp4                           take an upload in; prints its asset
  bookend approve 3f9a… --title \"The River\"           let it on air, as piece `the-river`
  bookend plan s01e03.toml --outlet youtube-1080p     what would be made, and why
  bookend render s01e03.toml --outlet youtube-1080p   make it, prove it, hand it over
  bookend verify s01e03-youtube-1080p.mp4 --outlet youtube-1080p

Results are kept in the store and never made twice: after an interruption, run the
same command again.

Exit codes:
  0  done                                  4  a file failed its clauses
  2  the request is wrong; nothing ran     5  the store or broker cannot be used
  3  an input was refused, or a piece      130  interrupted
     is not approved                       1  anything else";

/// Takes a community's uploads to air: episodes built from rundowns, proved frame by frame.
#[derive(Debug, Parser)]
#[command(name = "bookend", version, after_help = EXAMPLES, max_term_width = 110, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Where results are kept: a folder, made when there is none, or s3://BUCKET/PREFIX?endpoint=… [default: .bookend]
    #[arg(long, value_name = "URL", global = true, env = "BOOKEND_STORE", help_heading = "Common options")]
    pub store: Option<String>,
    /// The fleet's broker; without it everything runs in one process
    #[arg(
        long,
        value_name = "URL",
        global = true,
        env = "BOOKEND_BROKER",
        hide_env_values = true,
        help_heading = "Common options"
    )]
    pub broker: Option<String>,
    /// A settings file
    #[arg(long, value_name = "FILE", global = true, env = "BOOKEND_CONFIG", help_heading = "Common options")]
    pub config: Option<PathBuf>,
    /// Answer with one JSON object per line on stdout, the outcome last
    #[arg(long, global = true, env = "BOOKEND_JSON", value_parser = FalseyValueParser::new(), help_heading = "Common options")]
    pub json: bool,
    /// Log more to stderr; twice for still more
    #[arg(short, long, action = ArgAction::Count, global = true, env = "BOOKEND_VERBOSE", help_heading = "Common options")]
    pub verbose: u8,
    /// Say nothing but errors and the outcome
    #[arg(short, long, global = true, env = "BOOKEND_QUIET", value_parser = FalseyValueParser::new(), help_heading = "Common options")]
    pub quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell the facts of a file
    #[command(
        after_help = "Needs no store. The file is read in a process of its own that can be crashed but not escaped.\n\n\
        Example:\n  bookend probe clip.mov --json | jq .picture.rate"
    )]
    Probe {
        /// A media file
        file: PathBuf,
    },
    /// Process uploads into assets
    #[command(after_help = "One bad file never stops the others; the exit code is then 3.\n\n\
        Example:\n  bookend ingest uploads/*.mp4")]
    Ingest {
        /// Media files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Read files again that look unchanged
        #[arg(long)]
        rehash: bool,
    },
    /// Approve an asset for air, as a piece
    #[command(
        after_help = "An asset may be named by the first digits of its digest. Approving again changes the piece.\n\n\
        Example:\n  bookend approve 3f9a27 --title \"The River\" --credit Director=\"Ada Lovelace\" --in 1.5s --out 36s"
    )]
    Approve(Approve),
    /// Reject a piece: renders that use it fail, those under way hand nothing over
    Reject {
        /// The piece's id
        piece: String,
    },
    /// List pieces and their state
    Pieces,
    /// Tell what would be made of a rundown, and why
    #[command(after_help = "Runs nothing but the inspection of files never seen before.\n\n\
        Example:\n  bookend plan s01e03.toml --outlet youtube-1080p --outlet master-prores")]
    Plan(PlanArgs),
    /// Build an episode, verify it and hand it over with its report
    #[command(
        after_help = "Files go to ./EPISODE unless --out says otherwise: EPISODE-OUTLET.mp4 with its report as .report.json and\n\
        .report.html. A file that fails its clauses goes to failed/ in that folder, and the exit code is 4.\n\n\
        Example:\n  bookend render s01e03.toml --outlet preview-360p --out review/\n\n\
        How to write a rundown: bookend rundown --help"
    )]
    Render(Render),
    /// The same for many: rundowns, or media files as episodes of one item
    #[command(after_help = "A media file's episode has the nearest standard rate and 1920x1080.\n\n\
        Example:\n  bookend batch season1/*.toml archive/*.mov --outlet youtube-1080p --out done/")]
    Batch(Batch),
    /// Judge any file by an outlet's clauses
    #[command(
        after_help = "Goes by the report beside the file, if there is one, for what only the programme knows.\n\n\
        Example:\n  bookend verify s01e03-youtube-1080p.mp4 --outlet youtube-1080p"
    )]
    Verify(Verify),
    /// List outlets, or show one with its clauses and where they come from
    Outlets {
        #[command(subcommand)]
        show: Option<ShowOutlet>,
    },
    /// How to write a rundown
    #[command(override_help = bookend_timeline::RUNDOWN_HELP)]
    Rundown,
    /// Ask a fleet to process uploads or build an episode
    #[command(
        after_help = "Files are sent to the store first; what it has already is not sent again. Asking again for the\n\
        same goes on with the same run. With --follow it ends as the command in one process does.\n\n\
        Examples:\n  bookend submit ingest uploads/*.mp4\n  bookend submit render s01e03.toml --outlet youtube-1080p --follow --out done/"
    )]
    Submit {
        #[command(subcommand)]
        what: Submit,
    },
    /// Lead a fleet, or stand by: plan what is asked for and have workers make it
    Scheduler,
    /// List runs
    Runs,
    /// Show a run: where each of its results stands, and what it waits for
    Status {
        /// The run's id
        run: String,
        /// Go on telling until it has ended
        #[arg(long)]
        follow: bool,
    },
    /// Stop a fleet's run; what was made is kept
    Cancel {
        /// The run's id
        run: String,
        /// Wait until it has ended
        #[arg(long)]
        follow: bool,
    },
    /// Go on with a fleet's run that failed or was cancelled, from where it was
    Retry {
        /// The run's id
        run: String,
        /// Wait until it has ended
        #[arg(long)]
        follow: bool,
    },
    /// Delete results that nothing names any more
    #[command(
        after_help = "What an open run, an asset or a current deliverable is made of is kept; so are sources, and everything\nyounger than a day."
    )]
    Gc {
        /// Only tell what would be deleted
        #[arg(long)]
        dry_run: bool,
    },
    /// Check that this machine and the store are fit for work
    Doctor,
    /// Work for a fleet: take jobs from its broker, make their results, keep them in its store
    #[command(
        after_help = "Needs --broker, and a --store that the whole fleet reaches. Takes a job only for a free slot. SIGTERM or Ctrl-C ends\n\
        the jobs under way and takes no more; a second one stops at once, and others go on with the jobs.\n\n\
        Example:\n  bookend worker --lanes interactive,render --slots 2 --broker amqp://user:password@queue/studio \\\n    \
        --store 's3://bookend?endpoint=http://store:3900&region=garage&path_style=true'"
    )]
    Worker(WorkerArgs),
    /// Comes with the uploads.
    #[command(hide = true)]
    Ladders(Later),
}

impl Command {
    /// Tells whether this is a role of a fleet, which runs until it is told to end.
    pub fn is_role(&self) -> bool {
        matches!(self, Command::Worker(_) | Command::Scheduler)
    }
}

/// Arguments of `bookend worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Lanes to take jobs from; the first that has one
    #[arg(long, value_delimiter = ',', value_name = "LANE,…", default_value = "interactive,render,batch")]
    pub lanes: Vec<bookend_broker::Lane>,
    /// Jobs at a time [default: worker.slots of the settings, else one per processor core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub slots: Option<u32>,
}

/// Arguments of a command that is not built yet.
#[derive(Debug, Args)]
pub struct Later {
    /// Whatever was written.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Approve {
    /// The asset: its digest, or the first digits of it
    pub asset: String,
    /// The piece's id [default: a slug of the title, or of the file's name]
    #[arg(long, value_name = "ID")]
    pub piece: Option<String>,
    /// The piece's title [default: the file's name]
    #[arg(long)]
    pub title: Option<String>,
    /// Who is to be credited, for what; repeats
    #[arg(long = "credit", value_name = "ROLE=NAME")]
    pub credits: Vec<String>,
    /// Where the piece starts: 36f, 1.5s or timecode [default: the start]
    #[arg(long = "in", value_name = "TC")]
    pub start: Option<String>,
    /// Where the piece ends, exclusive [default: the end]
    #[arg(long = "out", value_name = "TC")]
    pub end: Option<String>,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The rundown: TOML, or JSON
    pub rundown: PathBuf,
    /// What to make it for; repeats
    #[arg(long = "outlet", value_name = "OUTLET", required = true)]
    pub outlets: Vec<String>,
    /// Read files again that look unchanged
    #[arg(long)]
    pub rehash: bool,
}

/// What a fleet is asked for.
#[derive(Debug, Subcommand)]
pub enum Submit {
    /// Process uploads into assets
    Ingest {
        /// Media files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Read files again that look unchanged
        #[arg(long)]
        rehash: bool,
        #[command(flatten)]
        how: How,
    },
    /// Build an episode, verify it and hand it over with its report
    Render {
        #[command(flatten)]
        plan: PlanArgs,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        out: Out,
    },
}

/// How a fleet is to carry a request out.
#[derive(Debug, Args)]
pub struct How {
    /// Before what it comes: interactive, render or batch [default: interactive for ingest, render for render]
    #[arg(long)]
    pub lane: Option<String>,
    /// The request's id, and so the run's [default: made from what is asked]
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
    /// Wait until it has ended, and fetch what was made
    #[arg(long)]
    pub follow: bool,
}

#[derive(Debug, Args)]
pub struct Render {
    #[command(flatten)]
    pub plan: PlanArgs,
    #[command(flatten)]
    pub out: Out,
}

#[derive(Debug, Args)]
pub struct Out {
    /// Where the files go, a folder [default: ./EPISODE]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace files there that are not Bookend's
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Batch {
    /// Rundowns (.toml, .json) and media files
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What to make them for; repeats
    #[arg(long = "outlet", value_name = "OUTLET", required = true)]
    pub outlets: Vec<String>,
    /// Read files again that look unchanged
    #[arg(long)]
    pub rehash: bool,
    #[command(flatten)]
    pub out: Out,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The file
    pub file: PathBuf,
    /// What it is for
    #[arg(long, value_name = "OUTLET")]
    pub outlet: String,
    /// A report or a rundown to judge it against [default: the report beside the file, if any]
    #[arg(long, value_name = "REPORT|RUNDOWN")]
    pub against: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ShowOutlet {
    /// Show one outlet
    Show {
        /// Its name, or an outlet file
        outlet: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
