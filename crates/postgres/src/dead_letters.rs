//! Dead letters, kept beside the checkpoint that moved past their events.

use annals_core::{DeadLetter, Parking, Position, ProjectionError, Skipped};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres, Transaction};

/// Most events of one projection that are parked at a time. More are no mishap of a few events.
const MOST: u32 = 10_000;

/// The letters of one projection.
#[derive(Debug)]
pub(crate) struct Letters {
    /// The projection, of an edition.
    projection: String,
    parked: String,
    list: String,
    find: String,
    count: String,
    put: String,
    remove: String,
}

impl Letters {
    pub(crate) fn of(projection: String, postgres: &Postgres) -> Self {
        let parked = "select letter::text from {read}.annals_dead_letters
                      where projection = $1 and parked order by position limit $2";
        let list = "select letter::text from {read}.annals_dead_letters
                    where projection = $1 and position > $2 order by position limit $3";
        let find = "select letter::text from {read}.annals_dead_letters
                    where projection = $1 and position = any ($2)";
        let count = "select count(*) from {read}.annals_dead_letters
                     where projection = $1 and parked";
        let put = "insert into {read}.annals_dead_letters (projection, position, parked, letter)
                   select $1, position, parked, letter::json
                   from unnest($2::bigint[], $3::boolean[], $4::text[]) as given (position, parked, letter)
                   on conflict (projection, position)
                   do update set parked = excluded.parked, letter = excluded.letter";
        let remove = "delete from {read}.annals_dead_letters
                      where projection = $1 and position = any ($2)";
        Self {
            projection,
            parked: postgres.sql(parked),
            list: postgres.sql(list),
            find: postgres.sql(find),
            count: postgres.sql(count),
            put: postgres.sql(put),
            remove: postgres.sql(remove),
        }
    }

    /// What events have to wait for.
    pub(crate) async fn parking(&self, tx: &Transaction<'_>) -> Result<Parking, ProjectionError> {
        let mut parking = Parking::default();
        for letter in self.parked(tx).await? {
            parking.wait_behind(letter);
        }
        Ok(parking)
    }

    /// All letters whose events are parked.
    pub(crate) async fn parked(
        &self,
        tx: &Transaction<'_>,
    ) -> Result<Vec<DeadLetter>, ProjectionError> {
        let most = i64::from(MOST);
        let key: [Parameter<'_>; 2] = [self.key(), (&most, Type::INT8)];
        read(&tx.rows(&self.parked, &key).await?)
    }

    /// Letters after a position, in order.
    pub(crate) async fn list(
        &self,
        tx: &Transaction<'_>,
        after: Position,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, ProjectionError> {
        let (after, limit) = (after.0.cast_signed(), i64::from(limit));
        let key: [Parameter<'_>; 3] = [self.key(), (&after, Type::INT8), (&limit, Type::INT8)];
        read(&tx.rows(&self.list, &key).await?)
    }

    /// How many events are parked.
    pub(crate) async fn count(&self, tx: &Transaction<'_>) -> Result<u64, PostgresError> {
        let rows = tx.rows(&self.count, &[self.key()]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(count.cast_unsigned())
    }

    /// Keeps letters, in place of those of the same events.
    pub(crate) async fn keep(
        &self,
        tx: &Transaction<'_>,
        letters: &[DeadLetter],
    ) -> Result<(), ProjectionError> {
        if letters.is_empty() {
            return Ok(());
        }
        let letters = letters.iter();
        let positions: Vec<i64> = letters
            .clone()
            .map(|it| it.position.0.cast_signed())
            .collect();
        let parked: Vec<bool> = letters.clone().map(|it| it.skipped.is_none()).collect();
        let letters: Vec<String> = letters.map(DeadLetter::to_json).collect();
        let parameters: [Parameter<'_>; 4] = [
            self.key(),
            (&positions, Type::INT8_ARRAY),
            (&parked, Type::BOOL_ARRAY),
            (&letters, Type::TEXT_ARRAY),
        ];
        tx.execute(&self.put, &parameters).await?;
        if self.count(tx).await? > u64::from(MOST) {
            let (projection, most) = (self.projection.clone(), MOST);
            return Err(ProjectionError::TooManyParked { projection, most });
        }
        Ok(())
    }

    /// Forgets the letters of events that are applied by now.
    pub(crate) async fn remove(
        &self,
        tx: &Transaction<'_>,
        positions: &[Position],
    ) -> Result<(), PostgresError> {
        let positions: Vec<i64> = positions.iter().map(|it| it.0.cast_signed()).collect();
        let parameters: [Parameter<'_>; 2] = [self.key(), (&positions, Type::INT8_ARRAY)];
        tx.execute(&self.remove, &parameters).await?;
        Ok(())
    }

    /// Gives up a parked event. True if it was parked.
    pub(crate) async fn skip(
        &self,
        tx: &Transaction<'_>,
        position: Position,
        skipped: Skipped,
    ) -> Result<bool, ProjectionError> {
        let mut parked = self.parked(tx).await?.into_iter();
        let Some(mut letter) = parked.find(|letter| letter.position == position) else {
            return Ok(false);
        };
        letter.skipped = Some(skipped);
        self.keep(tx, &[letter]).await?;
        Ok(true)
    }

    /// Takes the texts out of the letters of events, as far as there are any. Answers of how many.
    pub(crate) async fn redact(
        &self,
        tx: &Transaction<'_>,
        positions: &[Position],
    ) -> Result<u64, ProjectionError> {
        let positions: Vec<i64> = positions.iter().map(|it| it.0.cast_signed()).collect();
        let key: [Parameter<'_>; 2] = [self.key(), (&positions, Type::INT8_ARRAY)];
        let found = read(&tx.rows(&self.find, &key).await?)?;
        let redacted: Vec<DeadLetter> = found.into_iter().map(DeadLetter::redacted).collect();
        self.keep(tx, &redacted).await?;
        Ok(redacted.len() as u64)
    }

    fn key(&self) -> Parameter<'_> {
        (&self.projection, Type::TEXT)
    }
}

fn read(rows: &[Row]) -> Result<Vec<DeadLetter>, ProjectionError> {
    let letters = rows.iter().map(|row| {
        let letter: &str = row.try_get(0).map_err(PostgresError::from)?;
        DeadLetter::from_json(letter)
    });
    letters.collect()
}
