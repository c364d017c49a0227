//! Changes that are made once for each idempotency key.

use annals::postgres::tokio_postgres::types::Type;
use annals::runtime::IdempotencyKey;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Tables;
use crate::catalogue::error::{CatalogueError, WriteError};
use crate::catalogue::first_answer::{FirstAnswer, Settled, settled};

pub(super) const FIND: &str = "
    select fingerprint, answer::text from {catalogue}.first_answers where kind = $1 and key = $2";

/// Makes a change, or gives the answer that was given before. Who comes meanwhile with the same key
/// waits for it.
pub(super) async fn once<'t, T, R>(
    tables: Tables<'t>,
    kind: &str,
    key: Option<&IdempotencyKey>,
    change: impl FnOnce(Tables<'t>) -> BoxFuture<'t, Result<T, WriteError<R>>>,
) -> Result<Settled<T, R>, WriteError<R>>
where
    T: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    let Some(key) = key else {
        return settled(change(tables).await);
    };
    if !claim(tables, kind, key).await? {
        return find(tables, kind, key).await?.again(key);
    }
    let answer = settled(change(tables).await)?;
    let first = FirstAnswer::of(key, &answer);
    keep(tables, kind, key, &first).await?;
    Ok(answer)
}

/// True if nobody came with it before.
async fn claim(
    tables: Tables<'_>,
    kind: &str,
    key: &IdempotencyKey,
) -> Result<bool, CatalogueError> {
    let claim = "insert into {catalogue}.first_answers (kind, key, fingerprint)
                 values ($1, $2, $3) on conflict do nothing";
    let fingerprint = key.fingerprint.to_string();
    let parameters = [
        (&kind as _, Type::TEXT),
        (&key.key as _, Type::TEXT),
        (&fingerprint as _, Type::TEXT),
    ];
    Ok(tables.execute(claim, &parameters).await? == 1)
}

async fn find(
    tables: Tables<'_>,
    kind: &str,
    key: &IdempotencyKey,
) -> Result<FirstAnswer, CatalogueError> {
    let parameters = [(&kind as _, Type::TEXT), (&key.key as _, Type::TEXT)];
    let rows = tables.rows(FIND, &parameters).await?;
    let row = rows.first().expect("no answer is ever deleted");
    Ok(FirstAnswer {
        fingerprint: row.try_get(0)?,
        json: row.try_get(1)?,
    })
}

async fn keep(
    tables: Tables<'_>,
    kind: &str,
    key: &IdempotencyKey,
    first: &FirstAnswer,
) -> Result<(), CatalogueError> {
    let keep = "update {catalogue}.first_answers set answer = $3::text::json
                where kind = $1 and key = $2";
    let parameters = [
        (&kind as _, Type::TEXT),
        (&key.key as _, Type::TEXT),
        (&first.json as _, Type::TEXT),
    ];
    tables.execute(keep, &parameters).await?;
    Ok(())
}
