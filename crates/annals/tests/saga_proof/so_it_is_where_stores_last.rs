//! The same on files, and on PostgreSQL.

use annals::embedded::EmbeddedStore;
use annals::postgres::{Postgres, PostgresStore};
use annals::{IdSource, RandomIds};

use crate::at_once::AtOnce;
use crate::proof::prove;
use crate::whatever_fails_each_saga_ends::ORDERS;

#[test]
fn on_files() {
    let mut directories = Vec::new();
    let on_files = || {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(directory.path()).unwrap();
        directories.push(directory);
        AtOnce::of(store)
    };
    if let Some(proof) = prove(1_000..1_005, ORDERS, on_files) {
        assert!(proof.sagas >= 500, "{proof}");
    }
}

#[test]
fn on_postgresql() {
    let server = annals_servers::postgres_url();
    let elsewhere = tokio::runtime::Runtime::new().unwrap();
    let on_postgresql = || {
        let mark = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{mark}schema=t_{}", RandomIds.next().simple());
        let store = elsewhere.block_on(async {
            let postgres = Postgres::connect(&url).await.unwrap();
            PostgresStore::open(&postgres).await.unwrap()
        });
        AtOnce::on(elsewhere.handle(), store)
    };
    if let Some(proof) = prove(2_000..2_010, ORDERS, on_postgresql) {
        assert!(proof.sagas >= 1_000, "{proof}");
    }
}
