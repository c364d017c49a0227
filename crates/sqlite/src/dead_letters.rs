//! Dead letters, kept beside the checkpoint that moved past their events.

use annals_core::{DeadLetter, Parking, Position, ProjectionError, Skipped};
use rusqlite::{Connection, Transaction, params};

use crate::error::SqliteError;

/// Most events of one projection that are parked at a time. More are no mishap of a few events.
const MOST: u32 = 10_000;

/// The letters of one projection.
#[derive(Debug)]
pub(crate) struct Letters {
    /// The projection, of an edition.
    projection: String,
}

impl Letters {
    pub(crate) fn of(projection: String) -> Self {
        Self { projection }
    }

    /// What events have to wait for.
    pub(crate) fn parking(&self, connection: &Connection) -> Result<Parking, ProjectionError> {
        let mut parking = Parking::default();
        for letter in self.parked(connection)? {
            parking.wait_behind(letter);
        }
        Ok(parking)
    }

    /// All letters whose events are parked.
    pub(crate) fn parked(
        &self,
        connection: &Connection,
    ) -> Result<Vec<DeadLetter>, ProjectionError> {
        let select = "select letter from annals_dead_letters where projection = ? and parked
                      order by position limit ?";
        self.select(connection, select, MOST)
    }

    /// Letters after a position, in order.
    pub(crate) fn list(
        &self,
        connection: &Connection,
        after: Position,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, ProjectionError> {
        let select = format!(
            "select letter from annals_dead_letters where projection = ? and position > {after}
             order by position limit ?"
        );
        self.select(connection, &select, limit)
    }

    /// How many events are parked.
    pub(crate) fn count(&self, connection: &Connection) -> Result<u64, ProjectionError> {
        let count = "select count(*) from annals_dead_letters where projection = ? and parked";
        let mut count = connection
            .prepare_cached(count)
            .map_err(SqliteError::from)?;
        let parked: i64 = count
            .query_row([&self.projection], |row| row.get(0))
            .map_err(SqliteError::from)?;
        Ok(parked.cast_unsigned())
    }

    /// Keeps letters, in place of those of the same events.
    pub(crate) fn keep(
        &self,
        tx: &Transaction<'_>,
        letters: &[DeadLetter],
    ) -> Result<(), ProjectionError> {
        if letters.is_empty() {
            return Ok(());
        }
        for letter in letters {
            self.put(tx, letter)?;
        }
        if self.count(tx)? > u64::from(MOST) {
            let (projection, most) = (self.projection.clone(), MOST);
            return Err(ProjectionError::TooManyParked { projection, most });
        }
        Ok(())
    }

    /// Forgets the letters of events that are applied by now.
    pub(crate) fn remove(
        &self,
        tx: &Transaction<'_>,
        positions: &[Position],
    ) -> Result<(), SqliteError> {
        let remove = "delete from annals_dead_letters where projection = ? and position = ?";
        let mut remove = tx.prepare_cached(remove)?;
        for position in positions {
            remove.execute(params![self.projection, position.0.cast_signed()])?;
        }
        Ok(())
    }

    /// Gives up a parked event. True if it was parked.
    pub(crate) fn skip(
        &self,
        tx: &Transaction<'_>,
        position: Position,
        skipped: Skipped,
    ) -> Result<bool, ProjectionError> {
        let mut parked = self.parked(tx)?.into_iter();
        let Some(mut letter) = parked.find(|letter| letter.position == position) else {
            return Ok(false);
        };
        letter.skipped = Some(skipped);
        self.put(tx, &letter)?;
        Ok(true)
    }

    /// Takes the texts out of the letters of events, as far as there are any. Answers of how many.
    pub(crate) fn redact(
        &self,
        tx: &Transaction<'_>,
        positions: &[Position],
    ) -> Result<u64, ProjectionError> {
        let mut redacted = 0;
        for position in positions {
            let before = Position(position.0.saturating_sub(1));
            let found = self.list(tx, before, 1)?.into_iter();
            for letter in found.filter(|letter| letter.position == *position) {
                self.put(tx, &letter.redacted())?;
                redacted += 1;
            }
        }
        Ok(redacted)
    }

    fn put(&self, tx: &Transaction<'_>, letter: &DeadLetter) -> Result<(), SqliteError> {
        let put = "insert or replace into annals_dead_letters values (?, ?, ?, ?)";
        tx.prepare_cached(put)?.execute(params![
            self.projection,
            letter.position.0.cast_signed(),
            letter.skipped.is_none(),
            letter.to_json(),
        ])?;
        Ok(())
    }

    fn select(
        &self,
        connection: &Connection,
        select: &str,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, ProjectionError> {
        let letters = || -> rusqlite::Result<Vec<String>> {
            let mut select = connection.prepare_cached(select)?;
            let key = params![self.projection, limit];
            select.query_map(key, |row| row.get(0))?.collect()
        };
        let letters = letters().map_err(SqliteError::from)?;
        let letters = letters.iter().map(|letter| DeadLetter::from_json(letter));
        letters.collect()
    }
}

/// Makes the table of letters if it is not there.
pub(crate) fn create_table(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "create table if not exists annals_dead_letters (
           projection text not null,
           position integer not null,
           parked integer not null,
           letter text not null,
           primary key (projection, position)
         ) strict, without rowid;
         create index if not exists annals_parked on annals_dead_letters (projection, position)
           where parked;",
    )
}
