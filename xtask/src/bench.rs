//! `cargo xtask bench`: the benchmarks of the reference service.

use crate::command::Command;
use crate::error::Error;

/// Runs the benchmarks whose names match the filter, or all of them.
pub(crate) fn run(filter: &[&str]) -> Result<(), Error> {
    let mut arguments = vec!["bench", "-p", "annals-reference", "--bench", "bank", "--"];
    arguments.extend(filter);
    Command::cargo(&arguments).run()
}
