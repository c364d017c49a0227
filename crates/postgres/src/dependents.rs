//! What was made by hand on the tables of a read model and would break when they are dropped.

use annals_core::{Edition, QueryError};
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Postgres, Transaction};
use crate::schema::Installed;
use crate::tables::in_read_schema;

/// What depends on tables by more than belonging to them: views, constraints, functions.
const DEPENDENTS: &str = "select distinct pg_describe_object(classid, objid, 0) from pg_depend
                          where refclassid = 'pg_class'::regclass and deptype = 'n'
                            and refobjid in (select to_regclass(name) from unnest($1::text[]) name)
                          order by 1";

/// Refuses to make a read model anew if the tables that are there could not be dropped after it.
pub(crate) async fn refuse(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
) -> Result<(), QueryError> {
    let dependents = dependents(postgres, tx, projection).await?;
    if dependents.is_empty() {
        return Ok(());
    }
    let reason = format!(
        "{projection} is not made anew while tables of it could not be dropped: drop what depends on \
         them, and make it again after ({})",
        dependents.join(", ")
    );
    Err(QueryError::Refused { reason })
}

async fn dependents(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
) -> Result<Vec<String>, PostgresError> {
    let mut tables = Vec::new();
    for edition in [Edition::Current, Edition::Previous] {
        let there = Installed::find(postgres, tx, &edition.named(projection)).await?;
        let names = there.map_or_else(Vec::new, |there| there.tables);
        let names = names.iter().map(|table| in_read_schema(table, edition));
        tables.extend(names.map(|name| postgres.sql(&name)));
    }
    let rows = tx.rows(DEPENDENTS, &[(&tables, Type::TEXT_ARRAY)]).await?;
    let names = rows
        .iter()
        .map(|row| row.try_get(0).map_err(PostgresError::from));
    names.collect()
}
