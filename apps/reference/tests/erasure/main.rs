//! Two hundred persons, half of whom are forgotten: what they told is looked for in every raw byte.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_backup_brings_nobody_back;
mod life;
mod log;
mod no_trace_of_the_forgotten_is_left;
mod people;
mod scan;
#[path = "../service/mod.rs"]
mod service;
mod the_scan_finds_what_is_planted;
