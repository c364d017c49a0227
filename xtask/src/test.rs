//! `cargo xtask test`: sets up what the tests need and runs all of them. This is what CI runs.

use std::ffi::OsStr;

use crate::check;
use crate::command::Command;
use crate::error::Error;
use crate::steps::Steps;
use crate::toolchain;
use crate::workspace;

/// Sets up the machine, then runs every check and every test.
pub(crate) fn run() -> Result<(), Error> {
    toolchain::set_up()?;
    let mut steps = Steps::default();
    check::run_steps(&mut steps);
    steps.run("doc tests", doc_tests);
    steps.run("documentation", documentation);
    if workspace::test_data().is_none() {
        report_missing_test_data(&mut steps, annals_servers::in_ci());
    }
    steps.finish()
}

/// A developer may work without the shared data; a green CI run without it would promise too much.
fn report_missing_test_data(steps: &mut Steps, in_ci: bool) {
    let name = "tests on shared data";
    if in_ci {
        steps.run(name, || Err::<(), _>(Error::NoTestData));
    } else {
        steps.skip(name, Error::NoTestData.to_string());
    }
}

fn doc_tests() -> Result<(), Error> {
    Command::cargo(&["test", "--workspace", "--doc"]).run()
}

fn documentation() -> Result<(), Error> {
    Command::cargo(&["doc", "--no-deps", "--workspace"])
        .env("RUSTDOCFLAGS", OsStr::new("-D warnings"))
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_test_data_fails_on_ci_alone() {
        let mut on_ci = Steps::default();
        report_missing_test_data(&mut on_ci, true);
        assert!(on_ci.finish().is_err());

        let mut elsewhere = Steps::default();
        report_missing_test_data(&mut elsewhere, false);
        assert!(elsewhere.finish().is_ok());
    }
}
