//! The outlet's clauses: what was wanted, what was found, and who says so.

use maud::{Markup, html};

use super::header::mark;
use super::{View, section};
use crate::{ClauseVerdict, Outcome};

const GROUPS: [(Outcome, &str, &str); 4] = [
    (Outcome::Fail, "Failed", "fail"),
    (Outcome::Warn, "Warned", "warn"),
    (Outcome::NotChecked, "Not checked", "none"),
    (Outcome::Pass, "Passed", "pass"),
];

pub(super) fn markup(view: &View<'_>) -> Markup {
    let clauses = &view.report.clauses;
    if clauses.is_empty() {
        return html! {};
    }
    let aside = html! { (clauses.len()) " clauses of " (view.report.outlet.title) };
    let body = html! {
        table.clauses {
            thead { tr { th { "Clause" } th { "Wanted" } th { "Found" } th { "Source" } } }
            @for (outcome, name, class) in GROUPS {
                @let group: Vec<&ClauseVerdict> = clauses.iter().filter(|clause| clause.verdict == outcome).collect();
                @if !group.is_empty() {
                    tbody class=(class) {
                        tr.group { th colspan="4" scope="rowgroup" { span class={ "dot " (class) } aria-hidden="true" { (mark(class)) } (name) small { (group.len()) } } }
                        @for clause in group { (row(clause)) }
                    }
                }
            }
        }
    };
    section("clauses", "Clauses", &aside, &body)
}

fn row(clause: &ClauseVerdict) -> Markup {
    html! {
        tr id={ "clause-" (clause.id) } {
            td { (clause.title) code { (clause.id) } }
            td data-label="Wanted" { (clause.wanted) }
            td.found data-label="Found" { (clause.found) }
            td.source data-label="Source" { (clause.source) }
        }
    }
}
