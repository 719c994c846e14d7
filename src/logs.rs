//! Logs: to stderr, as much as was asked for.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::exit::Failure;
use crate::setup::Setup;

/// What is logged when nobody asks: how jobs end is told by the command itself.
const UNASKED: &str = "warn,bookend_worker::close=off";

/// Starts logging. Without `-v` only warnings are told: progress and results are not logs.
///
/// # Errors
/// When the settings' level is no filter.
pub fn start(setup: &Setup) -> Result<(), Failure> {
    let filter = match (setup.quiet, setup.verbose) {
        (true, _) => "error".to_owned(),
        (false, 0) => setup.log_level.clone().unwrap_or_else(|| UNASKED.to_owned()),
        (false, 1) => "info".to_owned(),
        (false, 2) => {
            "info,bookend=debug,bookend_scheduler=debug,bookend_worker=debug,bookend_pipelines=debug".to_owned()
        }
        // In finer lines the S3 client names the access key.
        (false, _) => "debug,aws_=info".to_owned(),
    };
    let filter = EnvFilter::try_new(&filter).map_err(|error| {
        Failure::request(format!("`log.level` is no filter ({error}); write `warn`, `info` or `bookend_worker=debug`"))
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .init();
    Ok(())
}
