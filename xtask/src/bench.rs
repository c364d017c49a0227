//! `cargo xtask bench`: the benchmarks, in release.

use std::ffi::OsStr;

use annals_servers::{ClusterOptions, POSTGRES_VARIABLE, PostgresCluster};

use crate::command::Command;
use crate::error::Error;
use crate::toolchain;

/// What a server is given that serves one program alone.
const SETTINGS: [(&str, &str); 2] = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")];

/// What tells the benchmark of rebuilds of a database.
const STORE_VARIABLE: &str = "ANNALS_BENCH_STORE";

/// Runs what is asked for, or everything.
pub(crate) fn run(arguments: &[&str]) -> Result<(), Error> {
    match arguments {
        [] => {
            stores(&[])?;
            schema()?;
            service()?;
            rebuild(&[])?;
            rebuild(&["postgres"])
        }
        ["stores", arguments @ ..] => stores(arguments),
        ["projections", arguments @ ..] => stores(&[&["projections"], arguments].concat()),
        ["sagas", arguments @ ..] => stores(&[&["sagas"], arguments].concat()),
        ["schema"] => schema(),
        ["service"] => service(),
        ["rebuild", arguments @ ..] => rebuild(arguments),
        _ => Err(Error::Usage),
    }
}

/// Stores beside others: a program in a workspace of its own, and a server for it alone.
fn stores(arguments: &[&str]) -> Result<(), Error> {
    let server = server()?;
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

/// A server for one program alone.
fn server() -> Result<PostgresCluster, Error> {
    toolchain::SERVERS.meet()?;
    let options = SETTINGS
        .into_iter()
        .fold(ClusterOptions::new(), |options, (name, value)| {
            options.setting(name, value)
        });
    Ok(PostgresCluster::start_with(options)?)
}

/// What reading older versions and personal data costs, beside the newest version.
fn schema() -> Result<(), Error> {
    Command::cargo(&["bench", "-p", "annals-core", "--bench", "schema"]).run()
}

/// The reference service under load.
fn service() -> Result<(), Error> {
    Command::cargo(&["bench", "-p", "annals-reference", "--bench", "bank"]).run()
}

/// A read model of the reference service that is made anew under load, and killed amid that: in a
/// directory, or on PostgreSQL.
fn rebuild(arguments: &[&str]) -> Result<(), Error> {
    let program = [
        "bench",
        "-p",
        "annals-reference",
        "--bench",
        "rebuild",
        "--",
    ];
    let ["postgres", arguments @ ..] = arguments else {
        return Command::cargo(&[&program[..], arguments].concat()).run();
    };
    let server = server()?;
    Command::cargo(&[&program[..], arguments].concat())
        .env(STORE_VARIABLE, OsStr::new(&server.url()))
        .run()
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
