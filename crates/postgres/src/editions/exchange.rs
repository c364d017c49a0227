//! Two editions change places: one stands still, the other catches up with it, and their tables and
//! checkpoints get each other's names.

use annals_core::{Edition, Exchange, Exchanged, QueryError, Successor, TableFold, Timestamp};
use tokio_postgres::types::Type;

use crate::dependents;
use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres, Transaction};
use crate::schema::{Installed, discard, lock, rename};
use crate::tables::{comma_separated, in_read_schema, quoted, schema};

/// How long an exchange waits for whoever moves a checkpoint: nobody else waits behind it. Should
/// this process vanish, the server lets the checkpoints go again.
const CHECKPOINTS: &str = "set local lock_timeout = '1s';
                           set local idle_in_transaction_session_timeout = '10s'";

/// How long it waits for each of those who read or write the tables: readers that come meanwhile wait
/// behind it.
const TABLES: &str = "set local lock_timeout = '10ms'";

/// Where tables are while two editions change places.
const IN_EXCHANGE: &str = "{read}_exchange";

/// Two editions that are to be exchanged.
struct Pair {
    current: Installed,
    next: Installed,
}

/// What came of holding two editions.
enum Held {
    /// Nobody moves their checkpoints until the end of the transaction.
    Pair(Pair),
    /// There is nothing to be exchanged.
    Unchanged(Exchanged),
}

/// Exchanges editions, if the one that is to take the place is there and not behind.
pub(super) async fn exchange_within(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    fold: &TableFold,
    (exchange, successor): (Exchange, &mut dyn Successor),
) -> Result<Exchanged, QueryError> {
    tx.batch(CHECKPOINTS).await?;
    let pair = match hold(postgres, tx, fold, (exchange, successor)).await? {
        Held::Pair(pair) => pair,
        Held::Unchanged(unchanged) => return Ok(unchanged),
    };
    if exchange == Exchange::CutOver {
        dependents::refuse(postgres, tx, fold.name()).await?;
    }
    Installed::hold(postgres, tx, &Edition::Previous.named(fold.name())).await?;
    tx.batch(TABLES).await?;
    change_places(postgres, tx, fold.name(), (exchange, &pair)).await?;
    Ok(Exchanged::Done(pair.next.position))
}

/// Lets the current edition stand still, and the successor catch up with it.
async fn hold(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    fold: &TableFold,
    (exchange, successor): (Exchange, &mut dyn Successor),
) -> Result<Held, PostgresError> {
    let (projection, key) = (fold.name(), exchange.successor().named(fold.name()));
    lock(postgres, tx, projection).await?;
    let current = Installed::hold(postgres, tx, &Edition::Current.named(projection)).await?;
    // Not held yet: it may have to be moved.
    let next = Installed::find(postgres, tx, &key).await?;
    let (Some(current), Some(next)) = (current, next) else {
        return Ok(Held::Unchanged(Exchanged::Missing));
    };
    if next.fingerprint == fold.fingerprint() && next.position < current.position {
        successor.catch_up(current.position).await;
    }
    let next = Installed::hold(postgres, tx, &key).await?;
    let next = next.filter(|next| next.fingerprint == fold.fingerprint());
    Ok(match next {
        None => Held::Unchanged(Exchanged::Missing),
        Some(next) if next.position < current.position => Held::Unchanged(Exchanged::Behind {
            position: next.position,
            current: current.position,
        }),
        Some(next) => Held::Pair(Pair { current, next }),
    })
}

/// Lets two editions change places, and whoever keeps them find out.
async fn change_places(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
    (exchange, Pair { current, next }): (Exchange, &Pair),
) -> Result<(), PostgresError> {
    let successor = exchange.successor();
    fence_off(postgres, tx, projection).await?;
    if exchange == Exchange::CutOver {
        discard(postgres, tx, projection, Edition::Previous).await?;
    }
    // Last those that are read, all at once: their readers wait a single time, and not in vain.
    hold_exclusively(postgres, tx, &next.tables, successor).await?;
    hold_exclusively(postgres, tx, &current.tables, Edition::Current).await?;
    let (here, there) = (schema(Edition::Current), schema(successor));
    move_tables(postgres, tx, &current.tables, (here, IN_EXCHANGE)).await?;
    move_tables(postgres, tx, &next.tables, (there, here)).await?;
    let previous = schema(Edition::Previous);
    move_tables(postgres, tx, &current.tables, (IN_EXCHANGE, previous)).await?;
    let aside = format!("{projection}__exchanged");
    rename(postgres, tx, (projection, &aside)).await?;
    rename(postgres, tx, (&successor.named(projection), projection)).await?;
    rename(postgres, tx, (&aside, &Edition::Previous.named(projection))).await
}

/// Keeps tables from everybody else until the end of the transaction.
async fn hold_exclusively(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    tables: &[String],
    edition: Edition,
) -> Result<(), PostgresError> {
    if tables.is_empty() {
        return Ok(());
    }
    let tables = tables.iter().map(|table| in_read_schema(table, edition));
    let lock = format!(
        "lock table {} in access exclusive mode",
        comma_separated(tables)
    );
    tx.batch(&postgres.sql(&lock)).await
}

async fn move_tables(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    tables: &[String],
    (from, to): (&str, &str),
) -> Result<(), PostgresError> {
    let moved = tables.iter().map(|table| {
        let table = quoted(table);
        format!("alter table {from}.{table} set schema {to};")
    });
    tx.batch(&postgres.sql(&moved.collect::<String>())).await
}

/// Whoever owns an edition owns it no more, and resumes what has its place then.
async fn fence_off(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
) -> Result<(), PostgresError> {
    let editions = [Edition::Current, Edition::Candidate, Edition::Previous];
    let keys: Vec<String> = editions
        .iter()
        .map(|edition| edition.named(projection))
        .collect();
    let fence = "update {read}.annals_checkpoints set token = nextval('{read}.annals_tokens')
                 where projection = any ($1)";
    tx.execute(&postgres.sql(fence), &[(&keys, Type::TEXT_ARRAY)])
        .await?;
    Ok(())
}

/// Notes when the edition that is the previous one now was replaced.
pub(super) async fn note_replaced(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
    now: Timestamp,
) -> Result<(), PostgresError> {
    let note = "update {read}.annals_checkpoints
                set replaced_at = case projection when $2 then $3 end
                where projection in ($1, $2)";
    let previous = Edition::Previous.named(projection);
    let parameters: [Parameter<'_>; 3] = [
        (&projection, Type::TEXT),
        (&previous, Type::TEXT),
        (&now, Type::TIMESTAMPTZ),
    ];
    tx.execute(&postgres.sql(note), &parameters).await?;
    Ok(())
}
