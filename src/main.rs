//! The command line: parse, wire, print.

fn main() {}
