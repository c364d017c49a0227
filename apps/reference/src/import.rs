//! Importing transactions: every row is a command, so that every rule holds for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use annals::runtime::{Backoff, CommandContext, ExecuteError, IdempotencyKey, NotReached};
use annals::{AppendError, Metadata, QueryError, RandomIds, ReadError};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};

use crate::accounts::{AccountCommand, AccountError, AccountId};
use crate::bank::{AccountExecuted, Bank};

mod report;
mod rows;

pub use report::ImportReport;
pub use rows::{Row, read_rows};

/// How many accounts are written to at once. Rows of one account go one after the other.
const ACCOUNTS_AT_ONCE: usize = 64;

/// The idempotency key of an opening; no transaction is called so.
const OPENING_KEY: &str = "import-open";

/// Who asks for what is imported.
const ACTOR: &str = "import-bank";

/// How often a row is tried that the store has no time for, or does not answer.
const ATTEMPTS: u32 = 10;

/// How long a row waits before it is tried again: all of them come to about half a minute.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(5),
};

/// How long read models may take to catch up at the end.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(120);

/// Why an import did not come to its end. What was imported stays, and repeating goes on there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    /// **Do:** check its path and its rights; nothing was imported.
    #[error("{file}: {source}")]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system or the CSV reader said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A row is not as it should be.
    /// **Do:** correct the row; nothing was imported.
    #[error("{file}, line {line}: {field} {message}")]
    Row {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// Which field of it.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },

    /// A row could not be carried out, other than by a refusal.
    /// **Do:** what the cause says, then import again.
    #[error("transaction {transaction_id}: {source}")]
    Command {
        /// Which row.
        transaction_id: String,
        /// Why.
        #[source]
        source: ExecuteError<AccountError>,
    },

    /// The store does not tell how far it is.
    /// **Do:** import again.
    #[error(transparent)]
    Store(#[from] ReadError),

    /// A read model did not catch up.
    /// **Do:** look at the log for why; the import itself is complete.
    #[error("read model {name}: {source}")]
    Behind {
        /// Which one.
        name: String,
        /// How far it came.
        #[source]
        source: NotReached,
    },

    /// The read models cannot be queried.
    /// **Do:** what the cause says; the import itself is complete.
    #[error(transparent)]
    ReadModels(#[from] QueryError),
}

/// What the rows of one account, or of all, led to.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    entries: u64,
    refused: u64,
    events: u64,
}

/// What one row led to.
enum Outcome {
    Appended,
    Repeated,
    Refused,
}

/// Imports a file, and tells what is in the read models then.
///
/// # Errors
/// [`ImportError`]. A row that a rule refuses is none: it is counted, and refused again by a
/// repeat, also when the money would be there by then.
pub async fn import_bank(bank: &Bank, file: &Path) -> Result<ImportReport, ImportError> {
    let accounts = by_account(read_rows(file)?);
    let started = Instant::now();
    let progress = progress_bar(accounts.values().map(Vec::len).sum());
    let tally = stream::iter(accounts.into_values())
        .map(|rows| import_account(bank, rows, &progress))
        .buffer_unordered(ACCOUNTS_AT_ONCE)
        .try_fold(Tally::default(), async |all, account| Ok(all.and(account)))
        .await?;
    progress.finish_and_clear();
    let took = started.elapsed();
    catch_up(bank).await?;
    ImportReport::of(bank, tally, took).await
}

fn by_account(rows: Vec<Row>) -> BTreeMap<AccountId, Vec<Row>> {
    let mut accounts = BTreeMap::<_, Vec<_>>::new();
    for row in rows {
        accounts
            .entry(row.account_id.clone())
            .or_default()
            .push(row);
    }
    accounts
}

/// Shown on a terminal only.
fn progress_bar(rows: usize) -> ProgressBar {
    let style = "{bar:40} {pos}/{len} rows, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(style).expect("the template names known keys");
    ProgressBar::new(rows as u64).with_style(style)
}

/// Opens the account of these rows, and carries out one after the other.
async fn import_account(
    bank: &Bank,
    rows: Vec<Row>,
    progress: &ProgressBar,
) -> Result<Tally, ImportError> {
    let mut tally = Tally::default();
    if let Some(first) = rows.first() {
        // Refused if somebody else has opened it, which is as good.
        let opened = carry_out(bank, first, OPENING_KEY, first.opening()).await?;
        tally.events += u64::from(matches!(opened, Outcome::Appended));
    }
    for row in &rows {
        tally.entries += 1;
        match carry_out(bank, row, &row.transaction_id, row.payment()).await? {
            Outcome::Appended => tally.events += 1,
            Outcome::Refused => tally.refused += 1,
            Outcome::Repeated => {}
        }
        progress.inc(1);
        tracing::trace!(transaction = row.transaction_id, "row imported");
    }
    Ok(tally)
}

async fn carry_out(
    bank: &Bank,
    row: &Row,
    key: &str,
    command: AccountCommand,
) -> Result<Outcome, ImportError> {
    let request = match &command {
        // The same opening, whichever file and row the account is met in first.
        AccountCommand::Open(_) => row.account_id.to_string(),
        _ => row.fingerprinted(),
    };
    let context = CommandContext {
        metadata: Metadata {
            actor: Some(ACTOR.to_owned()),
            correlation: Some(format!("{ACTOR}:{}", row.transaction_id)),
            business_time: Some(row.time()),
            ..Metadata::default()
        },
        idempotency: Some(IdempotencyKey::new(key, request.as_bytes())),
        expected: None,
    };
    match execute(bank, row, command, context).await {
        Ok(executed) if executed.repeated => Ok(Outcome::Repeated),
        Ok(_) => Ok(Outcome::Appended),
        Err(ExecuteError::Refused(_)) => Ok(Outcome::Refused),
        Err(source) => Err(ImportError::Command {
            transaction_id: row.transaction_id.clone(),
            source,
        }),
    }
}

/// Sends a command, again and again while the store has no time for it or does not answer: under its
/// key it is carried out once.
async fn execute(
    bank: &Bank,
    row: &Row,
    command: AccountCommand,
    context: CommandContext,
) -> Result<AccountExecuted, ExecuteError<AccountError>> {
    let mut attempt = 1;
    loop {
        let answer = bank.execute(&row.account_id, command.clone(), context.clone());
        match answer.await {
            Err(ExecuteError::Store(error)) if may_pass(&error) && attempt < ATTEMPTS => {
                BACKOFF.pause(attempt, &RandomIds).await;
                attempt += 1;
            }
            answer => return answer,
        }
    }
}

fn may_pass(error: &AppendError) -> bool {
    matches!(
        error,
        AppendError::Unavailable { .. } | AppendError::Unconfirmed { .. }
    )
}

async fn catch_up(bank: &Bank) -> Result<(), ImportError> {
    let head = bank.head().await?;
    for projection in bank.annals().projections() {
        let reached = projection.wait_for(head, CATCH_UP_WITHIN).await;
        reached.map_err(|source| ImportError::Behind {
            name: projection.name().to_owned(),
            source,
        })?;
    }
    Ok(())
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            entries: self.entries + other.entries,
            refused: self.refused + other.refused,
            events: self.events + other.events,
        }
    }
}
