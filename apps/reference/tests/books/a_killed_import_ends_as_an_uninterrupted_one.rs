//! An import that is killed again and again, and restarted each time, ends in exactly the state
//! of one that was left alone.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bank_data::czech_bank;
use crate::ledger::{Ledger, READ_MODELS, assert_agrees};
use annals::Position;
use annals_reference::bank::Bank;

const KILLS: u64 = 20;
/// Printed with a failure, so that it can be repeated as far as the machine allows.
const SEED: u64 = 0x1993;
/// Every account opened, every payment, every refusal: what a whole import appends.
const EVENTS: Position = Position(1_111 + 14_724 + 12_485 + 6);

fn import(directory: &Path, file: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_annals-reference"))
        .args(["import-bank".as_ref(), file.as_os_str()])
        .args(["--data-dir".as_ref(), directory.as_os_str()])
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the import has made the log durable so many times more. False if it ended first.
fn wait_for_commits(import: &mut Child, directory: &Path, commits: u64) -> bool {
    let mark = directory.join("log/MARK");
    let mut seen = std::fs::read(&mark).unwrap_or_default();
    let mut changes = 0;
    while changes < commits {
        if import.try_wait().unwrap().is_some() {
            return false;
        }
        let now = std::fs::read(&mark).unwrap_or_default();
        if now == seen {
            // Not to wait for time, but to leave the processor to the import.
            std::thread::yield_now();
        } else {
            seen = now;
            changes += 1;
        }
    }
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_lose_nothing_and_double_nothing() {
    let Some((file, expected)) = czech_bank() else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let mut random = SEED;
    for kill in 0..KILLS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let commits = 1 + (random >> 33) % 40;
        let mut child = import(directory.path(), &file);
        let running = wait_for_commits(&mut child, directory.path(), commits);
        assert!(
            running,
            "seed {SEED:#x}: the import ended before kill {kill}"
        );
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = import(directory.path(), &file).wait_with_output().unwrap();
    assert!(last.status.success(), "{last:?}");
    let report = String::from_utf8(last.stdout).unwrap();
    for line in [
        "accounts:      1111",
        "refused:       6",
        "total balance: 35603999.80 CZK",
    ] {
        assert!(report.contains(line), "{report}");
    }

    let bank = Bank::open(directory.path()).await.unwrap();
    let head = bank.head().await.unwrap();
    assert_eq!(head, EVENTS);
    let mut ledger = Ledger::default();
    ledger.read_on(&bank, head).await;
    for (id, balance) in &expected.balances {
        assert_eq!(ledger.accounts[id].balance, *balance, "account {id}");
    }
    for name in READ_MODELS {
        let projection = bank.annals().projection(name);
        projection
            .wait_for(head, Duration::from_secs(60))
            .await
            .unwrap();
        assert_agrees(&bank, name).await;
    }
}
