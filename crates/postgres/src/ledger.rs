//! Ledgers: which events each projection handled, kept beside the checkpoint that moved past them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use annals_core::{HandledEvent, LedgerPage, Position, ProjectionBatch, ProjectionError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::checkpoint::Advanced;
use crate::error::PostgresError;
use crate::postgres::{Client, Parameter, Postgres, Transaction};

/// The column of a page's number, after those of the checkpoint.
pub(crate) const BESIDE_CHECKPOINT: usize = 4;

/// The pages of one projection.
#[derive(Debug)]
pub(crate) struct LedgerPages {
    /// The projection, of an edition.
    projection: String,
    last: Mutex<Option<LastPage>>,
    list: String,
    load: String,
    save: String,
}

/// The page that events were noted on last, so that the next need not read it.
///
/// A page changes only where the checkpoint moves. While the token is the same, the checkpoint only
/// moves forwards; whoever takes it over or puts it back takes a token that was never given before. So the page is as it
/// was for as long as both are.
#[derive(Debug, Clone)]
pub(crate) struct LastPage {
    token: i64,
    checkpoint: Position,
    page: LedgerPage,
}

impl LedgerPages {
    pub(crate) fn of(projection: String, postgres: &Postgres) -> Self {
        // Of one state: the checkpoint, in each row, and the pages that belong to it.
        let list = "select c.fingerprint, c.store, c.position, c.edition, l.page, l.entries
                    from {read}.annals_checkpoints c left join lateral (
                      select page, entries from {read}.annals_ledger
                      where projection = $1 and page >= $2 order by page limit $3) l on true
                    where c.projection = $1 order by l.page";
        let load = "select page, entries from {read}.annals_ledger
                    where projection = $1 and page = any ($2)";
        let save = "insert into {read}.annals_ledger (projection, page, entries)
                    select $1, page, entries
                    from unnest($2::bigint[], $3::bytea[]) as given (page, entries)
                    on conflict (projection, page) do update set entries = excluded.entries";
        Self {
            projection,
            last: Mutex::new(None),
            list: postgres.sql(list),
            load: postgres.sql(load),
            save: postgres.sql(save),
        }
    }

    /// Notes the events of a batch, behind which the checkpoint was moved. Answers with what is to be
    /// remembered once the transaction is committed.
    pub(crate) async fn note(
        &self,
        tx: &Transaction<'_>,
        advanced: Advanced,
        batch: &ProjectionBatch,
        events: &[HandledEvent],
    ) -> Result<Option<LastPage>, ProjectionError> {
        let mut kept = HashMap::new();
        if let Some(last) = self.last_at(advanced.token, batch.after) {
            kept.insert(last.number(), last);
        }
        let numbers = LedgerPage::by_page(events).map(|(number, _)| number);
        let missing: Vec<u64> = numbers.filter(|it| !kept.contains_key(it)).collect();
        for page in self.load(tx, &missing).await? {
            kept.insert(page.number(), page);
        }
        let mut pages = Vec::new();
        for (number, events) in LedgerPage::by_page(events) {
            let page = kept.remove(&number);
            let mut page = page.unwrap_or_else(|| LedgerPage::empty(number));
            for event in events {
                page.record(event.position, event.id);
            }
            pages.push(page);
        }
        self.save(tx, &pages).await?;
        // Without any event, the last page is still the one it was.
        let page = pages.pop().or_else(|| kept.into_values().next());
        Ok(page.map(|page| LastPage {
            token: advanced.token,
            checkpoint: batch.up_to,
            page,
        }))
    }

    /// Takes in what [`note`](Self::note) answered: its transaction is committed.
    pub(crate) fn remember(&self, last: Option<LastPage>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    /// The first pages that are kept from a page on, in rows with the columns of the checkpoint before
    /// them. Where there is no page, there is a row without one.
    pub(crate) async fn rows(
        &self,
        client: &Client,
        from_page: u64,
        limit: usize,
    ) -> Result<Vec<Row>, PostgresError> {
        let from_page = i64::try_from(from_page).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let key: [Parameter<'_>; 3] = [self.key(), (&from_page, Type::INT8), (&limit, Type::INT8)];
        client.rows(&self.list, &key).await
    }

    fn last_at(&self, token: i64, checkpoint: Position) -> Option<LedgerPage> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.as_ref();
        let last = last.filter(|last| (last.token, last.checkpoint) == (token, checkpoint));
        last.map(|last| last.page.clone())
    }

    async fn load(
        &self,
        tx: &Transaction<'_>,
        numbers: &[u64],
    ) -> Result<Vec<LedgerPage>, ProjectionError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let numbers: Vec<i64> = numbers.iter().map(|number| number.cast_signed()).collect();
        let key: [Parameter<'_>; 2] = [self.key(), (&numbers, Type::INT8_ARRAY)];
        pages(&tx.rows(&self.load, &key).await?, 0)
    }

    async fn save(&self, tx: &Transaction<'_>, pages: &[LedgerPage]) -> Result<(), PostgresError> {
        if pages.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = pages.iter().map(|it| it.number().cast_signed()).collect();
        let entries: Vec<Vec<u8>> = pages.iter().map(LedgerPage::to_bytes).collect();
        let parameters: [Parameter<'_>; 3] = [
            self.key(),
            (&numbers, Type::INT8_ARRAY),
            (&entries, Type::BYTEA_ARRAY),
        ];
        tx.execute(&self.save, &parameters).await?;
        Ok(())
    }

    fn key(&self) -> Parameter<'_> {
        (&self.projection, Type::TEXT)
    }
}

/// The pages of rows: their numbers in the column `number`, their bytes in the next one.
pub(crate) fn pages(rows: &[Row], number: usize) -> Result<Vec<LedgerPage>, ProjectionError> {
    let pages = rows.iter().filter_map(|row| page(row, number).transpose());
    pages.collect()
}

fn page(row: &Row, number: usize) -> Result<Option<LedgerPage>, ProjectionError> {
    let kept = || Ok((row.try_get(number)?, row.try_get(number + 1)?));
    let kept: Result<(Option<i64>, Option<&[u8]>), tokio_postgres::Error> = kept();
    let (Some(number), Some(entries)) = kept.map_err(PostgresError::from)? else {
        return Ok(None);
    };
    let page = LedgerPage::from_bytes(number.cast_unsigned(), entries)?;
    Ok(Some(page))
}
