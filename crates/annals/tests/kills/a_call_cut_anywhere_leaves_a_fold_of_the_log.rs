//! A process is killed before a call to its database, at every wait amid it, and when it is done and
//! nobody has heard; or the database ends its connection amid the transaction. What is left is the fold
//! of the log, and the next process goes on from there.

use std::sync::Arc;

use annals::ReadModels;
use annals::postgres::{Postgres, PostgresError, PostgresReadModels};
use annals::sqlite::Database;
use uuid::Uuid;

use crate::era::Era;
use crate::life::{Blow, Cutting, Strikes};

/// How many processes are to be struck on one database.
const LIVES: usize = 20;

/// What is cut, in turn.
const CALLS: [&str; 10] = [
    "apply",
    "park",
    "projector",
    "apply",
    "resume",
    "apply",
    "list of letters",
    "projector of an edition",
    "rows",
    "exchange",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    let (mut strikes, mut compared) = (Strikes::default(), 0);
    for seed in 0..30 {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(directory.path().join("read-models.db")).await;
        let mut era = Era::begin(Arc::new(database.unwrap()), seed);
        for life in 0..LIVES {
            let call = CALLS[life % CALLS.len()];
            strikes.note(era.live_until_struck(call, 6, Blow::Kill).await);
            if life % 5 == 4 {
                era.compare_with_a_rebuild().await;
                compared += 2;
            }
        }
    }
    assert_met(&strikes, 400);
    assert_eq!(compared, 240);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    let (mut strikes, mut compared) = (Strikes::default(), 0);
    for seed in 100..108 {
        let place = Place::new().await;
        let mut era = Era::begin(place.read_models(), seed);
        for life in 0..LIVES {
            let is_killed = life < CALLS.len();
            let blow = if is_killed { Blow::Kill } else { place.cut() };
            let call = CALLS[life % CALLS.len()];
            strikes.note(era.live_until_struck(call, 12, blow).await);
            if life % 10 == 9 {
                era.compare_with_a_rebuild().await;
                compared += 2;
            }
        }
    }
    assert_met(&strikes, 100);
    assert_eq!(compared, 32);
}

/// There were so many kills, and some in each call.
fn assert_met(strikes: &Strikes, least: usize) {
    assert!(strikes.count() >= least, "{strikes:?}");
    for call in CALLS {
        assert!(strikes.of(call) > 0, "{call} was never cut: {strikes:?}");
    }
}

/// A schema of its own, and whoever ends connections to it.
struct Place {
    schema: String,
    postgres: Postgres,
}

impl Place {
    async fn new() -> Self {
        let server = annals_servers::postgres_url();
        let mark = if server.contains('?') { '&' } else { '?' };
        let id: Uuid = annals::IdSource::next(&annals::RandomIds);
        let schema = format!("t_{}", id.simple());
        let postgres = Postgres::connect(&format!("{server}{mark}schema={schema}")).await;
        let postgres = postgres.unwrap();
        Self { schema, postgres }
    }

    fn read_models(&self) -> Arc<dyn ReadModels> {
        Arc::new(PostgresReadModels::open(&self.postgres))
    }

    /// Ends the connections that are amid a transaction which has touched a table of the place.
    fn cut(&self) -> Blow {
        let (schema, postgres) = (self.schema.clone(), self.postgres.clone());
        let sql = format!(
            "select count(pg_terminate_backend(pid)) from (
                select distinct pid from pg_locks
                join pg_class on pg_class.oid = relation
                join pg_namespace on pg_namespace.oid = relnamespace
                where starts_with(nspname, '{schema}')) amid
             where pid <> pg_backend_pid()"
        );
        Blow::Cut(Arc::new(move || -> Cutting {
            let (sql, postgres) = (sql.clone(), postgres.clone());
            // One that was cut before may be lent for this: then it is tried again at the next step.
            Box::pin(async move { number(&postgres, &sql).await.unwrap_or(0) })
        }))
    }
}

async fn number(postgres: &Postgres, sql: &str) -> Result<i64, PostgresError> {
    let client = postgres.client().await?;
    Ok(client.rows(sql, &[]).await?[0].get(0))
}
