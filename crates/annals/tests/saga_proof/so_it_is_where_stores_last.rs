//! The same on files, and on PostgreSQL.

use annals::embedded::EmbeddedStore;
use annals::postgres::{Postgres, PostgresStore};
use annals::{IdSource, RandomIds};
use tokio::runtime::Runtime;

use crate::at_once::AtOnce;
use crate::proof::{SAGAS, prove};
use crate::whatever_fails_each_saga_ends::{ENOUGH, all_was_met};

/// Says how many sagas there are on PostgreSQL.
const HOW_MANY: &str = "ANNALS_SAGAS";

/// As many as there is time for in each run of all tests.
const UNLESS_SAID: u64 = 2_000;

/// What waits for the server leaves the processors to others.
const AT_ONCE: usize = 8;

#[test]
fn on_files() {
    let all = tempfile::tempdir().unwrap();
    let on_files = || {
        let own = all.path().join(RandomIds.next().to_string());
        AtOnce::of(EmbeddedStore::open(own).unwrap())
    };
    if let Some(proof) = prove(1_000..1_005, 1, on_files) {
        assert!(proof.sagas >= 500, "{proof}");
    }
}

#[test]
fn on_postgresql() {
    let (server, elsewhere) = (annals_servers::postgres_url(), Runtime::new().unwrap());
    let on_postgresql = || {
        let store = elsewhere.block_on(empty_store(&server));
        AtOnce::on(elsewhere.handle(), store)
    };
    let sagas = how_many();
    if let Some(proof) = prove(2_000..2_000 + sagas.div_ceil(SAGAS), AT_ONCE, on_postgresql) {
        assert!(proof.sagas >= sagas, "{proof}");
        if sagas >= ENOUGH {
            all_was_met(&proof);
        }
    }
}

fn how_many() -> u64 {
    let said = std::env::var(HOW_MANY).ok();
    said.map_or(UNLESS_SAID, |sagas| sagas.parse().unwrap())
}

/// One in a schema of its own. Whoever does one thing after the other needs few connections.
async fn empty_store(server: &str) -> PostgresStore {
    let mark = if server.contains('?') { '&' } else { '?' };
    let schema = RandomIds.next().simple();
    let url = format!("{server}{mark}schema=t_{schema}&pool_size=2");
    let postgres = Postgres::connect(&url).await.unwrap();
    PostgresStore::open(&postgres).await.unwrap()
}
