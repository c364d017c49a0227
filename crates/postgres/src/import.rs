//! Imports: a history from elsewhere goes in by binary `COPY`, a batch in one transaction.
//!
//! A batch takes the lock of `append()` first, so that nobody else appends while it looks up what
//! it finds and gives positions and versions. What was recorded before is passed over, whatever
//! became of the answer: so a batch whose answer is lost is simply sent again, and an import that
//! was interrupted is run again.
//!
//! In reading order: `batch` is what goes out together, `found` what it finds, `rows` what it makes
//! of that; `error` is why an import stops.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Append, AppendError, Position};
use tokio::time::Instant;

use crate::error::PostgresError;
use crate::inline::{InlineProjections, InlineProjector};
use crate::kinds::Kind;
use crate::read::Reader;

mod batch;
mod error;
mod found;
mod rows;

use batch::Batch;
pub use error::ImportError;
use error::Stop;
use found::Found;
use rows::Rows;

/// How long to wait before the database is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// A history on its way into a store, from [`PostgresStore::import`](crate::PostgresStore::import).
///
/// It holds appends until they make a batch, and nothing of the database in between. Dropped, it
/// forgets those that were not sent.
pub struct Import {
    reader: Arc<Reader>,
    inline: Option<Arc<InlineProjections>>,
    batch: Batch,
    imported: Imported,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Appends that were recorded.
    pub appends: u64,
    /// Their events.
    pub events: u64,
    /// Appends that were recorded already, by an import before or because they were given twice.
    /// One whose first answer was lost counts here, too.
    pub repeated: u64,
    /// The position of the last event that was recorded: wait for it to read what was imported.
    pub last: Position,
}

impl Import {
    pub(crate) fn into_store(
        reader: &Arc<Reader>,
        inline: Option<&Arc<InlineProjections>>,
    ) -> Self {
        Self {
            reader: Arc::clone(reader),
            inline: inline.cloned(),
            batch: Batch::default(),
            imported: Imported::default(),
        }
    }

    /// Takes an append in, and sends those before it if they make a batch.
    ///
    /// Dropped before it answers, it has sent all of them or nothing, and has not taken the append
    /// in.
    ///
    /// # Errors
    /// [`ImportError`]: this append was not taken in. Those before it were not lost, but it is as
    /// well to make a new import and begin again.
    pub async fn append(&mut self, append: Append) -> Result<(), ImportError> {
        self.check(&append)?;
        if !self.batch.has_room_for(&append) {
            self.send().await?;
        }
        self.batch.add(append);
        Ok(())
    }

    /// Sends what is left, and tells how much was imported.
    ///
    /// # Errors
    /// [`ImportError`]: what was not sent by then is not recorded.
    pub async fn finish(mut self) -> Result<Imported, ImportError> {
        if !self.batch.is_empty() {
            self.send().await?;
        }
        Ok(self.imported)
    }

    /// How much was imported so far: grows with each batch.
    pub fn imported(&self) -> Imported {
        self.imported
    }

    fn check(&self, append: &Append) -> Result<(), ImportError> {
        if append.condition.is_some() {
            return Err(ImportError::Conditional {
                append: append.id,
                imported: self.imported,
            });
        }
        let refused = |invalid| ImportError::Refused {
            append: append.id,
            refusal: AppendError::Invalid(invalid),
            imported: self.imported,
        };
        append.validate().map_err(refused)
    }

    /// Sends the batch, again while the database is away, for as long as an append is tried.
    async fn send(&mut self) -> Result<(), ImportError> {
        let until = Instant::now() + self.reader.postgres.options().append_timeout;
        loop {
            match self.record().await {
                Ok(recorded) => {
                    self.imported = self.imported.and(recorded);
                    self.batch.clear();
                    return Ok(());
                }
                Err(Stop::Behind(projector)) => self.catch_up(&*projector, until).await?,
                Err(Stop::Unavailable(_)) if Instant::now() < until => pause().await,
                Err(stop) => return Err(stop.after(self.imported)),
            }
        }
    }

    /// Records the batch in a transaction.
    async fn record(&self) -> Result<Imported, Stop> {
        self.learn_kinds().await?;
        let Reader {
            postgres,
            kinds,
            head,
        } = &*self.reader;
        let mut client = postgres.client().await?;
        let tx = client.transaction().await?;
        let found = Found::by(&self.batch, &tx, &self.reader).await?;
        let (before, repeated) = (found.head, found.repeats.len());
        let rows = Rows::of(&self.batch, found, kinds)?;
        rows.copy(&tx, postgres).await?;
        let last = rows.last();
        if let Some(inline) = &self.inline {
            inline.project(&tx, (before, last)).await?;
        }
        tx.commit().await?;
        head.written(last);
        Ok(Imported {
            appends: (self.batch.appends().count() - repeated) as u64,
            events: last.0 - before.0,
            repeated: repeated as u64,
            last,
        })
    }

    /// Learns the numbers of kinds that are new, before anybody has to wait for it.
    async fn learn_kinds(&self) -> Result<(), PostgresError> {
        let unknown = self.unknown_kinds();
        if unknown.is_empty() {
            return Ok(());
        }
        let Reader {
            postgres, kinds, ..
        } = &*self.reader;
        kinds.learn(postgres, unknown).await?;
        if !self.unknown_kinds().is_empty() {
            let reason = "the event types could not be recorded";
            return Err(PostgresError::unavailable(reason));
        }
        Ok(())
    }

    fn unknown_kinds(&self) -> Vec<Kind> {
        let kinds = &self.reader.kinds;
        let mut unknown = HashSet::new();
        for write in self.batch.appends().flat_map(|append| &append.writes) {
            for event in &write.events {
                if kinds.number(&write.stream, &event.event_type).is_none() {
                    let category = write.stream.category().to_owned();
                    unknown.insert((category, event.event_type.clone()));
                }
            }
        }
        unknown.into_iter().collect()
    }

    async fn catch_up(
        &self,
        projector: &dyn InlineProjector,
        until: Instant,
    ) -> Result<(), ImportError> {
        let inline = self.inline.as_ref().expect("one of them is behind");
        let caught_up = inline.catch_up_until(projector, until).await;
        caught_up.map_err(|refusal| Stop::unprojected(refusal).after(self.imported))
    }
}

impl Imported {
    fn and(self, batch: Self) -> Self {
        Self {
            appends: self.appends + batch.appends,
            events: self.events + batch.events,
            repeated: self.repeated + batch.repeated,
            last: if batch.events > 0 {
                batch.last
            } else {
                self.last
            },
        }
    }
}

impl std::fmt::Display for Imported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            appends, repeated, ..
        } = self;
        write!(f, "{appends} appends imported, {repeated} passed over")
    }
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import")
            .field("imported", &self.imported)
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause before the database is asked again, bounded by the time of an append"
)]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
