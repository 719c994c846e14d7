//! The contract between scheduler and worker: result keys, job messages, verdicts, facts, events.
