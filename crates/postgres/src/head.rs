//! How far the store is known to have come, and how that is learnt.
//!
//! Own appends are known at once. Those of other processes are learnt by asking the database: a
//! notification is the hint to do so now, and without one it is done from time to time. One
//! connection listens for all subscriptions of the process.

use std::sync::{Arc, Weak};
use std::time::Duration;

use annals_core::Position;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_postgres::AsyncMessage;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Dedicated, Parameter, Postgres, Transaction};
use crate::read::Reader;

/// How long until the database is asked without a hint: less after news, more in silence.
const ASKED_AFTER: Pace = Pace {
    least: Duration::from_millis(50),
    most: Duration::from_secs(1),
};

/// The same where there are no hints, behind a pooler.
const ASKED_AFTER_UNHINTED: Pace = Pace {
    least: Duration::from_millis(5),
    most: Duration::from_millis(200),
};

/// Notifications are sent this far apart at least: one tells of all appends since the last.
const NOTIFY_EVERY: Duration = Duration::from_millis(5);

/// Gives a channel a position, which it has when the transaction commits.
const TELL: &str = "select pg_notify($1, $2)";

#[derive(Clone, Copy)]
struct Pace {
    least: Duration,
    most: Duration,
}

/// The last position that this process knows of.
pub(crate) struct Head {
    known: watch::Sender<Position>,
    /// The last position that this process has written.
    written: watch::Sender<Position>,
}

impl Head {
    pub(crate) fn new() -> Self {
        let known = watch::Sender::new(Position::START);
        let written = watch::Sender::new(Position::START);
        Self { known, written }
    }

    /// Everything up to a position is recorded.
    pub(crate) fn reached(&self, position: Position) {
        raise(&self.known, position);
    }

    /// This process has recorded events up to a position: others may want to know.
    pub(crate) fn written(&self, position: Position) {
        raise(&self.written, position);
        self.reached(position);
    }

    /// Follows what is known.
    pub(crate) fn follow(&self) -> watch::Receiver<Position> {
        self.known.subscribe()
    }
}

fn raise(watched: &watch::Sender<Position>, position: Position) {
    watched.send_if_modified(|known| {
        let is_news = position > *known;
        *known = position.max(*known);
        is_news
    });
}

/// Keeps the head of a reader up to date, until the reader is dropped.
pub(crate) struct Watcher {
    postgres: Postgres,
    reader: Weak<Reader>,
    written: watch::Receiver<Position>,
    line: Option<Line>,
    pace: Pace,
    pause: Duration,
}

/// What made the watcher wake.
enum Wake {
    Written,
    Hint(Position),
    Time,
    Hangup,
    End,
}

impl Watcher {
    pub(crate) fn new(reader: &Arc<Reader>) -> Self {
        let pace = if reader.postgres.options().pooler {
            tracing::warn!(
                "behind a pooler nobody can listen: subscriptions poll, every {} to {} ms",
                ASKED_AFTER_UNHINTED.least.as_millis(),
                ASKED_AFTER_UNHINTED.most.as_millis()
            );
            ASKED_AFTER_UNHINTED
        } else {
            ASKED_AFTER
        };
        Self {
            postgres: reader.postgres.clone(),
            reader: Arc::downgrade(reader),
            written: reader.head.written.subscribe(),
            line: None,
            pace,
            pause: pace.least,
        }
    }

    pub(crate) async fn run(mut self) {
        loop {
            if self.line.is_none() && !self.postgres.options().pooler {
                // Without it, time alone tells; the next round tries again.
                self.line = Line::open(&self.postgres).await.ok();
            }
            match self.wake().await {
                Wake::Written => self.tell().await,
                Wake::Hint(position) if self.knows(position) => {}
                Wake::Hint(_) | Wake::Time => self.ask().await,
                Wake::Hangup => self.line = None,
                Wake::End => return,
            }
        }
    }

    async fn wake(&mut self) -> Wake {
        let line = async {
            match &mut self.line {
                Some(line) => line.hear().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            written = self.written.changed() => written.map_or(Wake::End, |()| Wake::Written),
            heard = line => heard.map_or(Wake::Hangup, Wake::Hint),
            () = tokio::time::sleep_until(Instant::now() + self.pause) => Wake::Time,
        }
    }

    fn knows(&self, position: Position) -> bool {
        let reader = self.reader.upgrade();
        reader.is_none_or(|reader| *reader.head.known.borrow() >= position)
    }

    async fn ask(&mut self) {
        let Some(reader) = self.reader.upgrade() else {
            return;
        };
        let before = *reader.head.known.borrow();
        self.pause = match reader.head().await {
            Ok(head) if head > before => self.pace.least,
            // Whoever reads meets the failure too, and tells it.
            _ => (self.pause * 2).min(self.pace.most),
        };
    }

    /// Tells other processes, in a transaction apart from the append.
    async fn tell(&mut self) {
        let written = *self.written.borrow_and_update();
        if let Some(line) = &self.line
            && line.tell(written).await.is_err()
        {
            self.line = None;
        }
        tokio::time::sleep_until(Instant::now() + NOTIFY_EVERY).await;
    }
}

/// The one connection that listens and tells.
struct Line {
    connection: Dedicated,
    heard: watch::Receiver<Position>,
    channel: String,
}

impl Line {
    async fn open(postgres: &Postgres) -> Result<Self, PostgresError> {
        let (hints, heard) = watch::channel(Position::START);
        let connection = postgres
            .dedicated_with(move |message| {
                if let AsyncMessage::Notification(hint) = message
                    && let Ok(position) = hint.payload().parse()
                {
                    hints.send_replace(Position(position));
                }
            })
            .await?;
        let channel = channel(postgres);
        // A hint may be lost: nobody's append should wait while it is made durable.
        let listen = format!("set synchronous_commit = off; listen {channel}");
        let listening = connection.client.batch_execute(&listen);
        connection.patience.answer(listening).await?;
        Ok(Self {
            connection,
            heard,
            channel,
        })
    }

    /// The next hint; `None` when the connection is gone.
    async fn hear(&mut self) -> Option<Position> {
        self.heard.changed().await.ok()?;
        Some(*self.heard.borrow_and_update())
    }

    async fn tell(&self, position: Position) -> Result<(), PostgresError> {
        let position = position.to_string();
        let parameters: [Parameter<'_>; 2] = [(&self.channel, Type::TEXT), (&position, Type::TEXT)];
        let telling = self.connection.client.query_typed(TELL, &parameters);
        self.connection.patience.answer(telling).await?;
        Ok(())
    }
}

/// Tells all processes, this one too, once a transaction has committed.
///
/// Commits that notify follow one another on the whole server, so groups of appends are told of
/// apart from them. Here the commit is the caller's, and nobody else learns when it is done.
pub(crate) async fn tell_at_commit(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    position: Position,
) -> Result<(), PostgresError> {
    if postgres.options().pooler {
        return Ok(());
    }
    let (channel, position) = (channel(postgres), position.to_string());
    let parameters: [Parameter<'_>; 2] = [(&channel, Type::TEXT), (&position, Type::TEXT)];
    tx.rows(TELL, &parameters).await?;
    Ok(())
}

fn channel(postgres: &Postgres) -> String {
    postgres.sql("annals_{schema}")
}
