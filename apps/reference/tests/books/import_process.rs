//! An import of the real transactions in a process of its own, to be killed, and what it must end
//! with all the same.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use annals::postgres::{Postgres, PostgresStore};
use annals::{EventStore, Position};
use annals_reference::bank::Bank;

use crate::bank_data::Expected;
use crate::ledger::{Ledger, assert_agrees};
use crate::place::NewPlace;
use crate::tables::{READ_MODELS, Tables};

/// Every account opened, every payment, every refusal: what a whole import appends.
const EVENTS: Position = Position(1_111 + 14_724 + 12_485 + 6);

/// Starts to import, or goes on where an import before was killed.
pub(crate) fn start_import(place: &NewPlace, file: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_annals-reference"))
        .args(["import-bank".as_ref(), file.as_os_str()])
        .envs(place.variables())
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Asserts that an import ended well, with the report of a whole one.
pub(crate) fn assert_reported(import: Child) {
    let output = import.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report = String::from_utf8(output.stdout).unwrap();
    for line in [
        "accounts:      1111",
        "refused:       6",
        "total balance: 35603999.80 CZK",
    ] {
        assert!(report.contains(line), "{report}");
    }
}

/// Asserts that a place holds exactly what a whole import leaves there.
pub(crate) async fn assert_imported(place: &NewPlace, expected: &Expected) {
    let (bank, tables) = (
        Bank::open(&place.place()).await.unwrap(),
        Tables::of(place).await,
    );
    let store = &**bank.annals().store();
    let head = bank.head().await.unwrap();
    assert_eq!(head, EVENTS);
    let mut ledger = Ledger::default();
    ledger.read_on(store, head).await;
    for (id, balance) in &expected.balances {
        assert_eq!(ledger.accounts[id].balance, *balance, "account {id}");
    }
    for name in READ_MODELS {
        let projection = bank.annals().projection(name);
        let reached = projection.wait_for(head, Duration::from_secs(60));
        reached.await.unwrap();
        assert_agrees(store, &tables, name).await;
    }
}

/// Counts what becomes durable in a place, from outside of the process that writes it.
pub(crate) enum Commits {
    /// The mark that the log of a directory writes with each commit.
    Mark(PathBuf),
    /// The head of the store, which each commit moves.
    Head(PostgresStore),
}

impl Commits {
    pub(crate) async fn of(place: &NewPlace) -> Self {
        match place {
            NewPlace::Directory(path) => Self::Mark(path.path().join("log/MARK")),
            NewPlace::Postgres { url, .. } => {
                let postgres = Postgres::connect(url.expose()).await.unwrap();
                Self::Head(PostgresStore::open(&postgres).await.unwrap())
            }
        }
    }

    /// Waits until there are so many more. False if the import ended first.
    pub(crate) async fn wait_for(&self, commits: u64, import: &mut Child) -> bool {
        let (mut seen, mut more) = (self.last().await, 0);
        while more < commits {
            if import.try_wait().unwrap().is_some() {
                return false;
            }
            let last = self.last().await;
            if last == seen {
                // Not to wait for time, but to leave the processor to the import.
                std::thread::yield_now();
            } else {
                seen = last;
                more += 1;
            }
        }
        true
    }

    /// What the last one left; nothing where it cannot be seen now.
    async fn last(&self) -> Vec<u8> {
        match self {
            Self::Mark(path) => std::fs::read(path).unwrap_or_default(),
            Self::Head(store) => {
                let head = store.head().await.unwrap_or_default();
                head.0.to_be_bytes().to_vec()
            }
        }
    }
}

/// Numbers of commits to wait for before each kill, the same for the same seed.
pub(crate) fn random_commits(seed: u64) -> impl Iterator<Item = u64> {
    let next = |random: &u64| {
        let random = random.wrapping_mul(6_364_136_223_846_793_005);
        Some(random.wrapping_add(1))
    };
    std::iter::successors(next(&seed), next).map(|random| 1 + (random >> 33) % 40)
}
