//! `bookend outlets`: what there is to make, each clause with its source.

use bookend_config::Outlet;
use serde_json::json;

use crate::cli::ShowOutlet;
use crate::exit::{Exit, Failure};
use crate::say;
use crate::setup::Setup;

pub fn run(setup: &Setup, show: Option<&ShowOutlet>) -> Result<Exit, Failure> {
    match show {
        Some(ShowOutlet::Show { outlet }) => tell(setup, &setup.outlets.find(outlet)?),
        None => {
            for outlet in setup.outlets.iter() {
                if setup.json {
                    say::json(
                        &json!({ "outlet": outlet.name(), "edition": outlet.edition(), "title": outlet.title(), "description": outlet.description() }),
                    );
                } else {
                    say::line_out(&format!("{:16} {}", outlet.name(), outlet.description()));
                }
            }
        }
    }
    Ok(Exit::Done)
}

fn tell(setup: &Setup, outlet: &Outlet) {
    let rates: Vec<String> = outlet.rates().iter().map(ToString::to_string).collect();
    if setup.json {
        let clause = |clause: bookend_config::ClauseText| json!({ "id": clause.id, "title": clause.title, "source": clause.source, "check": clause.check });
        say::json(&json!({
            "outlet": outlet.name(), "edition": outlet.edition(), "title": outlet.title(), "description": outlet.description(),
            "wrapper": outlet.wrapper(), "rates": rates,
            "clauses": outlet.clauses().into_iter().map(clause).collect::<Vec<_>>(),
        }));
        return;
    }
    say::line_out(&format!("{} (edition {})", outlet.title(), outlet.edition()));
    say::line_out(outlet.description());
    say::line_out(&format!("House rates: {}", rates.join(", ")));
    for clause in outlet.clauses() {
        say::line_out(&format!("  {:16} {}", clause.id, clause.title));
        say::line_out(&format!("  {:16}   {}", "", clause.source));
    }
}
