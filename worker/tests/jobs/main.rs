//! Runs carried out by real workers with real children, which do as each request's script says: no media work.
//!
//! This program is its own child, as `bookend` is, so it has a `main` of its own. Nothing here sleeps: tests wait for
//! fifos, processes and outcomes.
// All of this is tests, though without the attribute that tells clippy so.
#![allow(clippy::unwrap_used)]

mod acts;
mod another;
mod disorder;
mod endings;
mod kills;
mod stage;
mod stale;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if let Some(code) = bookend_worker::child::become_child_with(&acts::RECIPES) {
        return code;
    }
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, another::MARKER, scene, folder] = arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        return another::play(scene, folder.as_ref());
    }
    let tests: &[(&str, fn())] = &[
        ("each bad ending has its verdict", endings::each_bad_ending_has_its_verdict),
        ("a crash is tried four times, every try kept", endings::a_crash_is_tried_four_times),
        ("what goes better another time is made", endings::what_goes_better_another_time_is_made),
        ("one pass makes several results, cpu shared", endings::one_pass_makes_several_results),
        ("limits end a child", endings::limits_end_a_child),
        ("a poisoned job hurts only what is made from it", endings::a_poisoned_job_hurts_only_itself),
        ("a stopped worker leaves nothing and gives back", endings::a_stopped_worker_gives_back),
        ("a run can be cancelled", endings::a_run_can_be_cancelled),
        ("a worker without children gives up", endings::a_worker_without_children_gives_up),
        ("a child says its engine", endings::a_child_says_its_engine),
        ("messages for others are put aside or given back", endings::messages_for_others),
        ("any disorder ends with every result once", disorder::any_disorder_ends_with_every_result_once),
        ("a lost message is published again", disorder::a_lost_message_is_published_again),
        ("a killed run goes on where it was", kills::a_killed_run_goes_on_where_it_was),
        ("a run killed at any notice goes on", kills::a_run_killed_at_any_notice_goes_on),
        ("two processes make each result once", kills::two_processes_make_each_result_once),
        ("a killed child is tried again", kills::a_killed_child_is_tried_again),
        ("what exists is not made again", stale::what_exists_is_not_made_again),
        ("a result whose file is gone is made again", stale::a_result_whose_file_is_gone_is_made_again),
        ("a damaged input is made again", stale::a_damaged_input_is_made_again),
        ("an input that nobody plans to make", stale::an_input_that_nobody_plans),
    ];
    let trials = tests
        .iter()
        .map(|&(name, test)| {
            Trial::test(name, move || {
                test();
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
