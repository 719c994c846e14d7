//! A deliverable's report as JSON and as one self-contained page.
