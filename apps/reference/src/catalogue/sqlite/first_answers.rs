//! Changes that are made once for each idempotency key.

use annals::runtime::IdempotencyKey;
use annals::sqlite::rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::catalogue::error::{CatalogueError, WriteError};
use crate::catalogue::first_answer::{FirstAnswer, Settled, settled};

/// Makes a change, or gives the answer that was given before.
pub(super) fn once<T, R>(
    tx: &Transaction<'_>,
    kind: &str,
    key: Option<&IdempotencyKey>,
    change: impl FnOnce() -> Result<T, WriteError<R>>,
) -> Result<Settled<T, R>, WriteError<R>>
where
    T: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    let Some(key) = key else {
        return settled(change());
    };
    if let Some(first) = find(tx, kind, &key.key)? {
        return first.again(key);
    }
    let answer = settled(change())?;
    keep(tx, kind, &key.key, &FirstAnswer::of(key, &answer))?;
    Ok(answer)
}

fn find(
    tx: &Transaction<'_>,
    kind: &str,
    key: &str,
) -> Result<Option<FirstAnswer>, CatalogueError> {
    let sql = "select fingerprint, answer from first_answers where kind = ?1 and key = ?2";
    let mut find = tx.prepare_cached(sql)?;
    let found = find.query_row([kind, key], |row| {
        Ok(FirstAnswer {
            fingerprint: row.get(0)?,
            json: row.get(1)?,
        })
    });
    Ok(found.optional()?)
}

fn keep(
    tx: &Transaction<'_>,
    kind: &str,
    key: &str,
    first: &FirstAnswer,
) -> Result<(), CatalogueError> {
    let sql = "insert into first_answers (kind, key, fingerprint, answer) values (?1, ?2, ?3, ?4)";
    let mut keep = tx.prepare_cached(sql)?;
    keep.execute(params![kind, key, first.fingerprint, first.json])?;
    Ok(())
}
