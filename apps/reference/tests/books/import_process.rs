//! An import of the real transactions in a process of its own, to be killed, and what it must end
//! with all the same.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use annals::Position;
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

/// True once it is over.
pub(crate) fn has_ended(import: &mut Child) -> bool {
    import.try_wait().unwrap().is_some()
}
