//! Editions of read models: tables of the same names in schemas beside each other, which change
//! places.

use std::sync::Arc;

use annals_core::{
    Edition, EditionRows, EditionState, EditionView, Editions, Exchange, Exchanged, Position,
    ProjectionError, Projector, QueryError, Replacement, Sample, Successor, TableFold, TableRows,
    TableShape, Timestamp, Value,
};
use async_trait::async_trait;
use tokio_postgres::types::Type;

use crate::bound_fold::BoundFold;
use crate::checkpoint;
use crate::dead_letters::Letters;
use crate::dependents;
use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres, Transaction};
use crate::projector::TablesProjector;
use crate::read_models::PostgresReadModels;
use crate::rows::RowStatements;
use crate::schema::{Declaration, Installed, OfAnother, discard, lock, rename};
use crate::tables::{comma_separated, in_read_schema, quoted, schema, selected};
use crate::value::read_row;

/// How long an exchange waits for whoever moves a checkpoint: nobody else waits behind it. Should
/// this process vanish, the server lets the checkpoints go again.
const CHECKPOINTS: &str = "set local lock_timeout = '1s';
                           set local idle_in_transaction_session_timeout = '10s'";

/// How long it waits for each of those who read or write the tables: readers that come meanwhile wait
/// behind it.
const TABLES: &str = "set local lock_timeout = '10ms'";

/// How long the dropping of what was replaced waits for those who read it: whoever does so comes back.
const DROPPING: &str = "set local lock_timeout = '100ms'";

/// Where tables are while two editions change places.
const IN_EXCHANGE: &str = "{read}_exchange";

#[async_trait]
impl Editions for PostgresReadModels {
    async fn list(&self, projection: &str) -> Result<Vec<EditionState>, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        // All as they are at one moment.
        tx.batch("set transaction isolation level repeatable read")
            .await?;
        let mut states = Vec::new();
        for edition in [Edition::Current, Edition::Candidate, Edition::Previous] {
            let there = Installed::find(&self.postgres, &tx, &edition.named(projection)).await?;
            states.extend(there.map(|there| there.state(edition)));
        }
        Ok(states)
    }

    async fn projector(
        &self,
        fold: TableFold,
        edition: Edition,
    ) -> Result<Arc<dyn Projector>, QueryError> {
        let declaration = Declaration::of(&fold, edition);
        let bound = BoundFold::new(&self.postgres, fold, edition);
        let of_another = match edition {
            Edition::Current => OfAnother::Stays,
            Edition::Candidate => {
                let mut client = self.postgres.client().await?;
                let tx = client.transaction().await?;
                dependents::refuse(&self.postgres, &tx, declaration.projection).await?;
                OfAnother::IsMadeAgain
            }
            Edition::Previous => {
                let projector = TablesProjector::bound(&self.postgres, &declaration, bound);
                return Ok(Arc::new(projector));
            }
        };
        let declared = (declaration, of_another);
        Ok(Arc::new(
            TablesProjector::new(&self.postgres, declared, bound).await?,
        ))
    }

    async fn rows(
        &self,
        fold: &TableFold,
        edition: Edition,
        sample: Sample,
    ) -> Result<EditionRows, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        tx.batch("set transaction isolation level repeatable read")
            .await?;
        hold_names(&self.postgres, &tx, fold, edition).await?;
        let position = "select position from {read}.annals_checkpoints where projection = $1";
        let key = edition.named(fold.name());
        let position = tx
            .rows(&self.postgres.sql(position), &[(&key, Type::TEXT)])
            .await?;
        let position: i64 = position
            .first()
            .map_or(Ok(0), |row| row.try_get(0))
            .map_err(PostgresError::from)?;
        let mut tables = Vec::new();
        for (place, shape) in fold.tables().iter().enumerate() {
            let keys = match &sample {
                Sample::Random(most) => Wanted::Random(*most),
                Sample::Keys(keys) => Wanted::Keys(keys.get(place).map_or(&[], Vec::as_slice)),
            };
            tables.push(table_rows(&self.postgres, &tx, (shape, edition), keys).await?);
        }
        Ok(EditionRows {
            position: Position(position.cast_unsigned()),
            tables,
        })
    }

    async fn view(
        &self,
        fold: &TableFold,
        edition: Edition,
        keys: Vec<Vec<Vec<Value>>>,
    ) -> Result<Option<EditionView>, QueryError> {
        let mut client = self.postgres.client().await?;
        let key = edition.named(fold.name());
        let tx = client.transaction().await?;
        if checkpoint::find(&self.postgres, &tx, &key).await?.is_none() {
            return Ok(None);
        }
        drop(tx);
        let tx = client.transaction().await?;
        tx.batch("set transaction isolation level repeatable read")
            .await?;
        hold_names(&self.postgres, &tx, fold, edition).await?;
        let Some(checkpoint) = checkpoint::find(&self.postgres, &tx, &key).await? else {
            return Ok(None);
        };
        let letters = Letters::of(key, &self.postgres);
        let letters = letters.list(&tx, Position::START, u32::MAX).await?;
        let mut rows = Vec::new();
        for (shape, keys) in fold.tables().iter().zip(&keys) {
            let statements = RowStatements::of(shape, edition, &self.postgres);
            rows.push(statements.load(&tx, keys).await?.into_values().collect());
        }
        Ok(Some(EditionView {
            checkpoint,
            letters,
            rows,
        }))
    }

    async fn replace(
        &self,
        fold: &TableFold,
        edition: Edition,
        replacement: Replacement,
    ) -> Result<(), ProjectionError> {
        let declaration = Declaration::of(fold, edition);
        let bound = BoundFold::new(&self.postgres, fold.clone(), edition);
        TablesProjector::bound(&self.postgres, &declaration, bound)
            .replace(&replacement)
            .await
    }

    async fn exchange(
        &self,
        fold: &TableFold,
        exchange: Exchange,
        successor: &mut dyn Successor,
        now: Timestamp,
    ) -> Result<Exchanged, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        tx.batch(CHECKPOINTS).await?;
        let pair = match hold(&self.postgres, &tx, fold, (exchange, successor)).await? {
            Ok(pair) => pair,
            Err(unchanged) => return Ok(unchanged),
        };
        if exchange == Exchange::CutOver {
            dependents::refuse(&self.postgres, &tx, fold.name()).await?;
        }
        let exchanged = Exchanged::Done(pair.next.position);
        let previous = Edition::Previous.named(fold.name());
        Installed::hold(&self.postgres, &tx, &previous).await?;
        tx.batch(TABLES).await?;
        exchange_within(&self.postgres, &tx, fold.name(), (exchange, pair)).await?;
        note_replaced(&self.postgres, &tx, fold.name(), now).await?;
        tx.commit().await?;
        Ok(exchanged)
    }

    async fn discard(&self, projection: &str, edition: Edition) -> Result<(), QueryError> {
        assert!(edition != Edition::Current, "the current edition is read");
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        lock(&self.postgres, &tx, projection).await?;
        discard(&self.postgres, &tx, projection, edition).await?;
        Ok(tx.commit().await?)
    }

    async fn discard_replaced(
        &self,
        projection: &str,
        until: Timestamp,
    ) -> Result<bool, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        lock(&self.postgres, &tx, projection).await?;
        tx.batch(DROPPING).await?;
        let previous = Edition::Previous;
        let there = Installed::hold(&self.postgres, &tx, &previous.named(projection)).await?;
        let replaced_at = there.and_then(|there| there.replaced_at);
        if replaced_at.is_none_or(|replaced_at| replaced_at > until) {
            return Ok(false);
        }
        discard(&self.postgres, &tx, projection, previous).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Two editions that are to be exchanged. Nobody moves their checkpoints.
struct Pair {
    current: Installed,
    next: Installed,
}

/// Lets the current edition stand still, and the successor catch up with it. The other way: nothing is
/// to be exchanged.
async fn hold(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    fold: &TableFold,
    (exchange, successor): (Exchange, &mut dyn Successor),
) -> Result<Result<Pair, Exchanged>, PostgresError> {
    let (projection, key) = (fold.name(), exchange.successor().named(fold.name()));
    lock(postgres, tx, projection).await?;
    let current = Installed::hold(postgres, tx, &Edition::Current.named(projection)).await?;
    // Not held yet: it may have to be moved.
    let next = Installed::find(postgres, tx, &key).await?;
    let (Some(current), Some(next)) = (current, next) else {
        return Ok(Err(Exchanged::Missing));
    };
    if next.fingerprint == fold.fingerprint() && next.position < current.position {
        successor.catch_up(current.position).await;
    }
    let next = Installed::hold(postgres, tx, &key).await?;
    let next = next.filter(|next| next.fingerprint == fold.fingerprint());
    let Some(next) = next else {
        return Ok(Err(Exchanged::Missing));
    };
    if next.position < current.position {
        let (position, current) = (next.position, current.position);
        return Ok(Err(Exchanged::Behind { position, current }));
    }
    Ok(Ok(Pair { current, next }))
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

async fn exchange_within(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
    (exchange, Pair { current, next }): (Exchange, Pair),
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
async fn note_replaced(
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

/// Lets the tables of an edition keep their names until the end of a transaction. What it sees after
/// that is of the same edition; before, it might see the rows of one under the name of another.
async fn hold_names(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    fold: &TableFold,
    edition: Edition,
) -> Result<(), PostgresError> {
    let tables = fold.tables().iter();
    let tables: Vec<String> = tables
        .map(|table| in_read_schema(table.name, edition))
        .collect();
    if tables.is_empty() {
        return Ok(());
    }
    let lock = format!("lock table {} in access share mode", tables.join(", "));
    tx.batch(&postgres.sql(&lock)).await
}

/// Which rows of a table.
enum Wanted<'a> {
    Random(u32),
    Keys(&'a [Vec<Value>]),
}

async fn table_rows(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    (shape, edition): (&TableShape, Edition),
    wanted: Wanted<'_>,
) -> Result<TableRows, PostgresError> {
    let table = in_read_schema(shape.name, edition);
    let count = postgres.sql(&format!("select count(*) from {table}"));
    let count: i64 = tx
        .rows(&count, &[])
        .await?
        .first()
        .map_or(Ok(0), |row| row.try_get(0))?;
    let rows = match wanted {
        Wanted::Keys(keys) => {
            let statements = RowStatements::of(shape, edition, postgres);
            statements.load(tx, keys).await?.into_values().collect()
        }
        Wanted::Random(most) => {
            let columns = selected(shape.columns);
            let select = format!("select {columns} from {table} order by random() limit {most}");
            let rows = tx.rows(&postgres.sql(&select), &[]).await?;
            let rows = rows.iter().map(|row| read_row(shape.columns, row));
            rows.collect::<Result<_, _>>()?
        }
    };
    Ok(TableRows {
        count: count.cast_unsigned(),
        rows,
    })
}
