//! Commands as they change the store: a run accepted, cancelled, retried.
//!
//! Everything is durable before a command is settled, and done again changes nothing: a leader may be lost at any line.

use bookend_broker::Lane;
use bookend_jobs::Order;
use bookend_store::{Store, layout};
use bookend_timeline::Rundown;
use jiff::Timestamp;

use super::history::{History, Turn};
use super::{GC_RUN, RunRequest, Standing};
use crate::{SchedulerError, record};

/// The longest id that a client gives a request, in bytes.
const REQUEST_ID_LIMIT_BYTES: usize = 100;

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The run that carries it out.
    pub run: String,
    /// Whether the run was not open before.
    pub new: bool,
}

/// Returns the id of the run that carries an order out: the client's own, else what it is about and a digest of it.
///
/// # Errors
/// When the client's can be no run's id. For orders about a run, that run's.
pub fn run_id(order: &Order) -> Result<String, SchedulerError> {
    let request = match order {
        Order::Ingest(ingest) => &ingest.request,
        Order::Render(render) => &render.request,
        Order::Cancel(about) | Order::Retry(about) => return Ok(about.run.clone()),
    };
    let Some(request) = request else {
        let digest = order.digest().to_string();
        return Ok(format!("{}-{}", about(order), &digest[..12]));
    };
    if request.len() > REQUEST_ID_LIMIT_BYTES || request == GC_RUN || layout::run_request(request).is_err() {
        let shown: String = request.chars().take(40).flat_map(char::escape_default).collect();
        return Err(SchedulerError::Request {
            problem: format!("`{shown}` can be no request's id"),
            remedy: format!("use at most {REQUEST_ID_LIMIT_BYTES} letters, digits, `.`, `_` and `-`"),
        });
    }
    Ok(request.clone())
}

/// Returns the lane that an order is carried out in.
///
/// # Errors
/// When it names one that there is not.
pub fn lane_of(order: &Order) -> Result<Lane, SchedulerError> {
    let (lane, usual) = match order {
        Order::Ingest(ingest) => (ingest.lane.as_deref(), Lane::Interactive),
        Order::Render(render) => (render.lane.as_deref(), Lane::Render),
        Order::Cancel(_) | Order::Retry(_) => (None, Lane::Interactive),
    };
    lane.map_or(Ok(usual), str::parse).map_err(|error: bookend_broker::BrokerError| SchedulerError::Request {
        problem: error.to_string(),
        remedy: "name one of them, or none".to_owned(),
    })
}

/// Accepts a request: writes it, that it was accepted, and that it is open; in this order, so that what is listed as open
/// can be carried out.
///
/// # Errors
/// When it can be no run, or the store fails.
pub async fn accept(
    store: &dyn Store,
    order: &Order,
    command: Option<&str>,
    now: Timestamp,
) -> Result<Accepted, SchedulerError> {
    let run = run_id(order)?;
    lane_of(order)?;
    record::write_once(store, &layout::run_request(&run)?, &RunRequest::of_order(order)).await?;
    let history = History::read(store, &run).await?;
    let new = history.standing() != Standing::Open;
    if !history.heard(command) && (new || command.is_some()) {
        history.write(store, &run, Turn::Accepted, command, now).await?;
    }
    mark(store, &run).await?;
    Ok(Accepted { run, new })
}

/// Notes that a run is to be cancelled; returns where it stands then: [`Standing::Cancelled`] when there is one to end.
///
/// # Errors
/// When there is no such run, or the store fails.
pub async fn cancel(
    store: &dyn Store,
    run: &str,
    command: Option<&str>,
    now: Timestamp,
) -> Result<Standing, SchedulerError> {
    let history = known(store, run).await?;
    if history.standing() != Standing::Open || history.heard(command) {
        return Ok(history.standing());
    }
    history.write(store, run, Turn::Cancelled, command, now).await?;
    Ok(Standing::Cancelled)
}

/// Opens a run again that ended; one that is open stays so. Returns where it stands then.
///
/// # Errors
/// When there is no such run, or the store fails.
pub async fn retry(
    store: &dyn Store,
    run: &str,
    command: Option<&str>,
    now: Timestamp,
) -> Result<Standing, SchedulerError> {
    let history = known(store, run).await?;
    if history.standing() != Standing::Open && !history.heard(command) {
        history.write(store, run, Turn::Retried, command, now).await?;
    }
    mark(store, run).await
}

/// Lists a run as open as long as its facts say so, and no longer; returns where it stands.
///
/// # Errors
/// When the store fails.
pub async fn mark(store: &dyn Store, run: &str) -> Result<Standing, SchedulerError> {
    let name = layout::open_run(run)?;
    let mut standing = History::read(store, run).await?.standing();
    if standing == Standing::Ended {
        store.delete(&name).await?;
        // Somebody may have opened it again meanwhile, and found it listed.
        standing = History::read(store, run).await?.standing();
    }
    if matches!(standing, Standing::Open | Standing::Cancelled) && !store.exists(&name).await? {
        store.put_bytes(&name, Vec::new()).await?;
    }
    Ok(standing)
}

/// Reads the facts of a run that a fleet carries out.
async fn known(store: &dyn Store, run: &str) -> Result<History, SchedulerError> {
    let unknown = || SchedulerError::UnknownRun { run: run.to_owned() };
    let request = layout::run_request(run).map_err(|_| unknown())?;
    let request: RunRequest = record::read(store, &request).await?.ok_or_else(unknown)?;
    // What a command in one process carries out is that command's.
    request.order.ok_or_else(unknown)?;
    History::read(store, run).await
}

/// Says what an order is about, as the beginning of its run's id.
fn about(order: &Order) -> String {
    match order {
        Order::Render(render) => {
            let id = Rundown::parse(&render.rundown, &render.file).map(|rundown| rundown.id);
            id.ok().filter(|id| layout::open_run(id).is_ok()).unwrap_or_else(|| "render".to_owned())
        }
        _ => "ingest".to_owned(),
    }
}

impl RunRequest {
    /// Describes an order.
    #[must_use]
    pub fn of_order(order: &Order) -> Self {
        let (kind, named, outlets) = match order {
            Order::Ingest(ingest) => match &*ingest.uploads {
                [one] => ("ingest", one.name.clone(), Vec::new()),
                all => ("ingest", format!("{} files", all.len()), Vec::new()),
            },
            Order::Render(render) => {
                ("render", about(order), render.outlets.iter().map(|outlet| outlet.spec.name.clone()).collect())
            }
            Order::Cancel(_) => ("cancel", String::new(), Vec::new()),
            Order::Retry(_) => ("retry", String::new(), Vec::new()),
        };
        RunRequest {
            version: 1,
            kind: kind.to_owned(),
            about: named,
            outlets,
            wanted: Vec::new(),
            decisions: Vec::new(),
            order: Some(order.clone()),
        }
    }
}
