//! `cargo xtask check`: the fast loop, for after every change.

use std::env;

use crate::command::Command;
use crate::error::Error;
use crate::steps::Steps;
use crate::tidy::{self, Detail};
use crate::workspace;

/// Runs the fast loop.
pub(crate) fn run() -> Result<(), Error> {
    let mut steps = Steps::default();
    run_steps(&mut steps);
    steps.finish()
}

/// The steps of the fast loop; `cargo xtask test` runs them too.
pub(crate) fn run_steps(steps: &mut Steps) {
    steps.run("format", format);
    steps.run("lints", lints);
    steps.run("tidy", || tidy::run(Detail::Summary));
    steps.run("tests", tests);
}

/// Whether this is a CI machine, where nothing may be left out.
pub(crate) fn in_ci() -> bool {
    env::var("CI").is_ok_and(|ci| ci == "true")
}

fn format() -> Result<(), Error> {
    Command::cargo(&["fmt", "--all", "--check"]).run()
}

/// All targets, so that benchmarks and examples compile as well.
fn lints() -> Result<(), Error> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    Command::cargo(&arguments).run()
}

fn tests() -> Result<(), Error> {
    let command = Command::cargo(test_arguments());
    match workspace::test_data() {
        Some(data) => command.env(workspace::TEST_DATA_VARIABLE, data.as_os_str()),
        None => command,
    }
    .run()
}

fn test_arguments() -> &'static [&'static str] {
    if !Command::cargo(&["nextest", "--version"]).succeeds() {
        // The targets are named because otherwise the doc tests would run here as well.
        return &[
            "test",
            "--workspace",
            "--no-fail-fast",
            "--lib",
            "--bins",
            "--tests",
            "--examples",
        ];
    }
    if in_ci() {
        return &["nextest", "run", "--workspace", "--profile", "ci"];
    }
    &["nextest", "run", "--workspace"]
}
