//! For how long an answer is waited for. A server ends what takes too long itself; one that is
//! stuck, or a pooler in between, does not.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_postgres::{Client, Row, RowStream};

use crate::error::PostgresError;

/// A connection that was silent for so long is tried before it is used. A server that vanished does
/// not say so, and what is sent to it would be waited for as long as it may take.
const SILENCE: Duration = Duration::from_secs(10);

/// For how long the answer to such a trial is waited for.
const TRIAL: Duration = Duration::from_secs(2);

/// So much later than the server would have ended it, which tells more.
const LATER: Duration = Duration::from_secs(1);

/// For how long the answers of one connection are waited for.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    limit: Duration,
    is_lost: Arc<AtomicBool>,
}

impl Patience {
    /// For a server that ends a statement after a time.
    pub(crate) fn beyond(statement_timeout: Duration) -> Self {
        Self {
            limit: statement_timeout + LATER,
            is_lost: Arc::default(),
        }
    }

    /// Waits for an answer. It is lost if it takes too long, or if nobody waits any more.
    pub(crate) async fn answer<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, PostgresError> {
        if self.is_lost() {
            return Err(PostgresError::unavailable("an answer was given up before"));
        }
        let mut owed = self.owed();
        let answered = timeout(self.limit, asked).await;
        let answer = answered.map_err(|_| self.too_late())?;
        owed.has_come = true;
        Ok(answer?)
    }

    /// Waits for rows, so long for all of them.
    pub(crate) fn rows(&self, rows: RowStream) -> RowsInTime {
        RowsInTime {
            rows: Box::pin(rows),
            deadline: Box::pin(sleep_until(Instant::now() + self.limit)),
            patience: self.clone(),
            owed: self.owed(),
        }
    }

    /// True once an answer was given up: whatever is asked next would wait behind it.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    fn owed(&self) -> Owed {
        Owed {
            has_come: false,
            is_lost: Arc::clone(&self.is_lost),
        }
    }

    fn too_late(&self) -> PostgresError {
        PostgresError::unavailable(format!("no answer in {:?}", self.limit))
    }
}

/// True if a connection, whose server was heard at this time, can be used.
pub(crate) async fn is_alive(client: &Client, heard: Instant) -> bool {
    if client.is_closed() || heard.elapsed() < SILENCE {
        return !client.is_closed();
    }
    matches!(timeout(TRIAL, client.simple_query("")).await, Ok(Ok(_)))
}

/// An answer that is waited for. Dropped before it has come, it is lost.
struct Owed {
    has_come: bool,
    is_lost: Arc<AtomicBool>,
}

impl Drop for Owed {
    fn drop(&mut self) {
        if !self.has_come {
            self.is_lost.store(true, Ordering::Relaxed);
        }
    }
}

/// Rows as they arrive, until it takes too long.
pub(crate) struct RowsInTime {
    rows: Pin<Box<RowStream>>,
    deadline: Pin<Box<Sleep>>,
    patience: Patience,
    owed: Owed,
}

impl RowsInTime {
    /// Leaves the rest, which is on its way: what is asked next waits until it is past.
    pub(crate) fn leave_rest(mut self) {
        self.owed.has_come = true;
    }
}

impl Stream for RowsInTime {
    type Item = Result<Row, PostgresError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(row) = self.rows.as_mut().poll_next(cx) {
            self.owed.has_come = !matches!(row, Some(Ok(_)));
            return Poll::Ready(row.map(|row| Ok(row?)));
        }
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(Some(Err(self.patience.too_late())))
    }
}
