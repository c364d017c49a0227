//! For how long an answer is waited for. A server ends what takes too long itself; one that is
//! stuck, or a pooler in between, does not.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_postgres::{Row, RowStream};

use crate::error::PostgresError;

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

    /// Waits for an answer.
    pub(crate) async fn answer<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, PostgresError> {
        match timeout(self.limit, asked).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(self.lose()),
        }
    }

    /// Waits for rows, so long for all of them.
    pub(crate) fn rows(&self, rows: RowStream) -> RowsInTime {
        RowsInTime {
            rows: Box::pin(rows),
            deadline: Box::pin(sleep_until(Instant::now() + self.limit)),
            patience: self.clone(),
        }
    }

    /// True once an answer was given up: whatever is asked next would wait behind it.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    fn lose(&self) -> PostgresError {
        self.is_lost.store(true, Ordering::Relaxed);
        PostgresError::unavailable(format!("no answer in {:?}", self.limit))
    }
}

/// Rows as they arrive, until it takes too long.
pub(crate) struct RowsInTime {
    rows: Pin<Box<RowStream>>,
    deadline: Pin<Box<Sleep>>,
    patience: Patience,
}

impl Stream for RowsInTime {
    type Item = Result<Row, PostgresError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(row) = self.rows.as_mut().poll_next(cx) {
            return Poll::Ready(row.map(|row| Ok(row?)));
        }
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(Some(Err(self.patience.lose())))
    }
}
