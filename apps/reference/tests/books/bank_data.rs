//! The real transactions, and what they must add up to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// What the transactions must add up to; computed independently of this project.
#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) accounts: u64,
    pub(crate) entries: u64,
    pub(crate) refused: u64,
    pub(crate) deposits: u64,
    pub(crate) withdrawals: u64,
    pub(crate) total_balance: i64,
    pub(crate) balances: BTreeMap<String, i64>,
}

/// The file of transactions and what it must end with.
///
/// `None` where the shared data is not there: the test is skipped and says so, but on CI, where
/// it must be there.
pub(crate) fn czech_bank() -> Option<(PathBuf, Expected)> {
    let directory = std::env::var_os("ANNALS_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let expected = directory.join("czech-bank-1993.expected.json");
    let Ok(expected) = std::fs::read(&expected) else {
        let missing = format!("{} is not there", expected.display());
        assert!(!annals_servers::in_ci(), "{missing}, and CI must have it");
        eprintln!("skipped: {missing}");
        return None;
    };
    let expected = serde_json::from_slice(&expected).unwrap();
    Some((directory.join("czech-bank-1993.csv.gz"), expected))
}
