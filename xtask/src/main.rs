//! The project's commands, run as `cargo xtask <command>`.
//!
//! What CI runs is `cargo xtask test` and nothing else, so whatever fails there fails here, with the same words.
#![expect(clippy::print_stdout, reason = "a command reports on standard output")]

mod bench;
mod check;
mod command;
mod error;
mod next_postgres;
mod servers;
mod steps;
mod test;
mod tidy;
mod toolchain;
mod workspace;

use std::env;
use std::process::ExitCode;

use error::Error;
use tidy::Detail;

const USAGE: &str = "\
usage: cargo xtask <command>

  check             the fast loop: format, lints, tidy, tests
  test              everything: sets up what the tests need, then check, doc tests and documentation
  tidy [--verbose]  the house rules that compiler and clippy cannot check; --verbose lists the long files
  bench             the benchmarks, in release: all that follow
  bench stores [argument…]
                    stores beside others, written to docs/benchmarks; `bench stores --help` lists the arguments
  bench projections [argument…]
                    of these, read models alone
  bench schema      what reading older versions and personal data costs
  bench service     the reference service under load
  bench rebuild [postgres] [argument…]
                    a read model of it that is made anew under load, and killed amid that
  with-servers <command> [argument…]
                    any command while the servers that the tests share are up";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<(), Error> {
    match arguments {
        ["check"] => check::run(),
        ["test"] => test::run(),
        ["tidy"] => tidy::run(Detail::Summary),
        ["tidy", "--verbose"] => tidy::run(Detail::Everything),
        ["bench", arguments @ ..] => bench::run(arguments),
        ["with-servers", program, arguments @ ..] => servers::run_with(program, arguments),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Error::Usage),
    }
}
