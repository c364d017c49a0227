//! `cargo xtask bench`: the benchmarks, in release.

use std::ffi::OsStr;

use annals_servers::{ClusterOptions, POSTGRES_VARIABLE, PostgresCluster};

use crate::command::Command;
use crate::error::Error;
use crate::toolchain;

/// What a server is given that serves one program alone.
const SETTINGS: [(&str, &str); 2] = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")];

/// Runs what is asked for, or everything.
pub(crate) fn run(arguments: &[&str]) -> Result<(), Error> {
    match arguments {
        [] => {
            stores(&[])?;
            service()?;
            rebuild(&[])
        }
        ["stores", arguments @ ..] => stores(arguments),
        ["projections", arguments @ ..] => stores(&[&["projections"], arguments].concat()),
        ["service"] => service(),
        ["rebuild", arguments @ ..] => rebuild(arguments),
        _ => Err(Error::Usage),
    }
}

/// Stores beside others: a program in a workspace of its own, and a server for it alone.
fn stores(arguments: &[&str]) -> Result<(), Error> {
    toolchain::SERVERS.meet()?;
    let options = SETTINGS
        .into_iter()
        .fold(ClusterOptions::new(), |options, (name, value)| {
            options.setting(name, value)
        });
    let server = PostgresCluster::start_with(options)?;
    let program = [
        "run",
        "--release",
        "--manifest-path",
        "bench/Cargo.toml",
        "--",
    ];
    Command::cargo(&[&program[..], arguments].concat())
        .env(POSTGRES_VARIABLE, OsStr::new(&server.url()))
        .run()
}

/// The reference service under load.
fn service() -> Result<(), Error> {
    Command::cargo(&["bench", "-p", "annals-reference", "--bench", "bank"]).run()
}

/// A read model of the reference service that is made anew under load, and killed amid that.
fn rebuild(arguments: &[&str]) -> Result<(), Error> {
    let program = [
        "bench",
        "-p",
        "annals-reference",
        "--bench",
        "rebuild",
        "--",
    ];
    Command::cargo(&[&program[..], arguments].concat()).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_benchmark_is_refused_before_anything_starts() {
        assert!(matches!(run(&["everything"]), Err(Error::Usage)));
        assert!(matches!(run(&["service", "deposits"]), Err(Error::Usage)));
    }
}
