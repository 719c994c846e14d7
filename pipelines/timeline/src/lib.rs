//! Rundown, clocks, source-frame choice, cadence, layout and chunk grid; pure.
