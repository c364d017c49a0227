//! The tables of the read models, as their database shows them to anybody.

use std::path::{Path, PathBuf};

use annals::Position;
use annals::postgres::Postgres;
use annals::sqlite::rusqlite::Connection;

use crate::place::NewPlace;

/// The names of the read models.
pub(crate) const READ_MODELS: [&str; 4] = [
    "account_balances",
    "transaction_history",
    "daily_summaries",
    "account_summary",
];

/// The tables of the read models of a place.
#[derive(Clone)]
pub(crate) enum Tables {
    Sqlite(PathBuf),
    Postgres(Postgres),
}

impl Tables {
    pub(crate) async fn of(place: &NewPlace) -> Self {
        match place {
            NewPlace::Directory(path) => Self::Sqlite(path.path().join("read-models.db")),
            NewPlace::Postgres { url, .. } => {
                Self::Postgres(Postgres::connect(url.expose()).await.unwrap())
            }
        }
    }

    /// How far a read model is, and its rows as texts, both at one moment.
    pub(crate) async fn read(&self, name: &str) -> (Position, Vec<String>) {
        let statement = statement(name);
        let rows = match self {
            Self::Sqlite(path) => rows_of_sqlite(path, &statement.replace("{read}.", "")),
            Self::Postgres(postgres) => rows_of_postgres(postgres, &statement).await,
        };
        let (position, _) = rows.first().unwrap();
        let position = Position(position.cast_unsigned());
        (
            position,
            rows.into_iter().filter_map(|(_, row)| row).collect(),
        )
    }
}

/// One statement, so that it sees one moment. Without any row it still answers with the checkpoint.
fn statement(name: &str) -> String {
    let columns = match name {
        "account_balances" => {
            "account_id, owner_id, status, coalesce(currency, '-'), balance_minor, version"
        }
        "transaction_history" => {
            "account_id, version, kind, amount_minor, currency, balance_after_minor"
        }
        "daily_summaries" => {
            "account_id, day, currency, deposits, cast(deposited as bigint), withdrawals,
             cast(withdrawn as bigint)"
        }
        _ => "currency, active, closed, cast(total as bigint)",
    };
    let used = match name {
        "account_summary" => "where active + closed > 0",
        _ => "",
    };
    format!(
        "select position, line from {{read}}.annals_checkpoints left join
           (select concat_ws(' ', {columns}) as line from {{read}}.{name} {used}) as lines on true
         where projection = '{name}'"
    )
}

fn rows_of_sqlite(path: &Path, statement: &str) -> Vec<(i64, Option<String>)> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(statement).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

async fn rows_of_postgres(postgres: &Postgres, statement: &str) -> Vec<(i64, Option<String>)> {
    let client = postgres.client().await.unwrap();
    let rows = client.rows(&postgres.sql(statement), &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
