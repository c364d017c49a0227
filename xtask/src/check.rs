//! `cargo xtask check`: the fast loop, for after every change.

use annals_servers::in_ci;

use crate::command::Command;
use crate::error::Error;
use crate::servers::Servers;
use crate::steps::Steps;
use crate::tidy::{self, Detail};
use crate::toolchain;
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
    let servers = steps.run("servers", Servers::start);
    if let Some(reason) = servers.as_ref().and_then(Servers::left_out) {
        steps.skip("tests on the next PostgreSQL", reason);
    }
    // Only announced: on CI the tests fail by themselves where they cannot run.
    if let Err(reason) = toolchain::set_up_power_cuts() {
        steps.skip("tests that cut the power", reason.to_string());
    }
    // Without servers the tests that need none still tell something.
    steps.run("tests", || tests(servers.as_ref()));
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

fn tests(servers: Option<&Servers>) -> Result<(), Error> {
    let mut command = Command::cargo(test_arguments());
    if let Some(servers) = servers {
        command = servers.tell(command);
    }
    if let Some(data) = workspace::test_data() {
        command = command.env(workspace::TEST_DATA_VARIABLE, data.as_os_str());
    }
    command.run()
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
