//! The store keeps its contract on another major version of PostgreSQL, too.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;
mod stores;

use std::sync::Arc;

use annals_testing::conformance::{CASES, run_all};
use stores::Stores;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_passes_on_another_major_version() {
    let Some(server) = annals_servers::next_postgres_url() else {
        eprintln!("skipped, because there is no PostgreSQL of another version");
        return;
    };
    let report = run_all(Arc::new(Stores::on(server))).await;
    let failed: Vec<String> = report
        .failed
        .iter()
        .map(|(case, seen)| format!("{case}: {seen}"))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(report.passed.len(), CASES.len());
}
