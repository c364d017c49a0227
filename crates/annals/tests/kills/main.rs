//! A read model is the fold of the log up to its checkpoint, at every instant: wherever the process
//! that keeps it is killed, on either database, with events that cannot be applied and amid rebuilds.
//!
//! In reading order: `bank` is what is kept, and `reckoning` what it must be, worked out in memory
//! without any code of ours; `judge` compares them; `life` is a process that is killed amid a call to
//! its database, and `mortal` the read models it has; `era` lets one process follow the other on the
//! same database. Every other module is a promise.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod bank;
mod era;
mod judge;
mod life;
mod mortal;
mod random;
mod reckoning;

mod a_call_cut_anywhere_leaves_a_fold_of_the_log;
mod a_database_file_cut_anywhere_is_a_fold_of_the_log;
