//! The same on files, and on PostgreSQL.

use std::ops::Range;

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

fn on_postgresql(seeds: Range<u64>) {
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
    if let Some(proof) = prove(seeds, ORDERS, on_postgresql) {
        assert!(proof.sagas >= 500, "{proof}");
    }
}

#[test]
fn on_postgresql_the_first_five_hundred() {
    on_postgresql(2_000..2_005);
}

#[test]
fn on_postgresql_the_second_five_hundred() {
    on_postgresql(2_005..2_010);
}
