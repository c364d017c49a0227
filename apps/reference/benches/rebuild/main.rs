//! Making `transaction_history` anew over a million events, while payments go on and are queried.
//!
//! The service runs in a process of its own, which is killed at random moments of the rebuild and
//! started again. Every answer is checked row by row: what happened to an account follows from its
//! version. What a query waits for around the cut-over stands beside what it waits for otherwise.
//!
//! ```text
//! cargo bench -p annals-reference --bench rebuild [-- --accounts 1000 --kills 50 --rounds 5]
//! ```
//!
//! Everything is kept in a directory of its own, or in the empty database that `ANNALS_BENCH_STORE` is
//! the URL of.
//!
//! In reading order: `history` is what happened, `service` the process, `traffic` its clients,
//! `operator` whoever makes the read model anew, `trial` the order of it all.

mod history;
mod operator;
mod service;
#[path = "../bank/table.rs"]
mod table;
mod traffic;
mod trial;

use traffic::WRITERS;
use trial::Trial;

/// Whatever went wrong.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let numbers = Numbers::read()?;
    let trial = Trial::new(numbers);
    let table = runtime.block_on(trial.run())?;
    table.print();
    Ok(())
}

/// How much of everything.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    /// Accounts, of a thousand events each.
    accounts: u64,
    /// How often the service is killed amid a rebuild.
    kills: u64,
    /// How many rebuilds are left in peace.
    rounds: u64,
}

impl Numbers {
    fn read() -> Result<Self, Failure> {
        let mut numbers = Self {
            accounts: 1_000,
            kills: 50,
            rounds: 5,
        };
        // Cargo adds `--bench`.
        let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
        while let Some(name) = arguments.next() {
            let number = match name.as_str() {
                "--accounts" => &mut numbers.accounts,
                "--kills" => &mut numbers.kills,
                "--rounds" => &mut numbers.rounds,
                other => return Err(format!("there is no option {other}").into()),
            };
            let value = arguments.next().ok_or("an option needs a number")?;
            *number = value.parse()?;
        }
        if numbers.accounts < WRITERS {
            return Err(format!("--accounts must be at least {WRITERS}").into());
        }
        Ok(numbers)
    }
}
