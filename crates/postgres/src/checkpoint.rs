//! Checkpoints: how far each projection has come, in the database it writes to.
//!
//! Each [`resume`](Checkpoint::resume) takes the checkpoint over under a token that was never given
//! before, and it moves under that alone: an owner that was paused writes nothing when it wakes up.
//! Those who [`share`](Checkpoint::share) it move it by its position alone, beside each other and
//! beside an owner: whoever comes first moves it, and the other one has nothing to add.

use std::sync::{Mutex, PoisonError};

use annals_core::{
    EditionId, Fingerprint, Position, ProjectionBatch, ProjectionError, StoreId, StoredCheckpoint,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres, Transaction};

/// The checkpoint of one projection, and what must be so for it to move.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    postgres: Postgres,
    /// The projection, of an edition.
    projection: String,
    /// The declaration the tables must be of: they change under a projector of an older one.
    fingerprint: Fingerprint,
    claim: Mutex<Option<Claim>>,
    take: String,
    share: String,
    advance: String,
    hold: String,
    look: String,
}

/// A checkpoint that was moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Advanced {
    /// Of whoever owns it.
    pub(crate) token: i64,
    /// Whether events of the projection are parked.
    pub(crate) has_parked: bool,
}

/// What the last resume made sure of.
#[derive(Debug, Clone, Copy)]
struct Claim {
    store: StoreId,
    /// None: it is shared.
    token: Option<i64>,
}

impl Checkpoint {
    pub(crate) fn new(postgres: &Postgres, projection: String, fingerprint: Fingerprint) -> Self {
        let take = "update {read}.annals_checkpoints set store = $3, token = nextval('{read}.annals_tokens')
                    where projection = $1 and fingerprint = $2 and (store is null or store = $3)
                    returning position, token";
        let share = "update {read}.annals_checkpoints set store = $3
                     where projection = $1 and fingerprint = $2 and (store is null or store = $3)";
        let advance = "update {read}.annals_checkpoints set position = $6
                       where projection = $1 and fingerprint = $2 and store = $3
                         and token = coalesce($4, token) and position = $5
                       returning token, exists (select from {read}.annals_dead_letters
                                                where projection = $1 and parked)";
        let hold = "select fingerprint, store, position, edition from {read}.annals_checkpoints
                    where projection = $1 for update";
        let look = "select fingerprint, store, position, edition from {read}.annals_checkpoints
                    where projection = $1";
        Self {
            postgres: postgres.clone(),
            projection,
            fingerprint,
            claim: Mutex::new(None),
            take: postgres.sql(take),
            share: postgres.sql(share),
            advance: postgres.sql(advance),
            hold: postgres.sql(hold),
            look: postgres.sql(look),
        }
    }

    /// Takes the checkpoint over for a store, and tells where to go on.
    pub(crate) async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        let Some((position, token)) = self.take(&tx, store).await? else {
            let stored = self.stored(&tx).await?;
            return Err(self.refusal(&stored, store, Position::START));
        };
        tx.commit().await?;
        let token = Some(token);
        self.claim(Claim { store, token });
        Ok(position)
    }

    /// Takes part in moving the checkpoint for a store, and leaves it to whoever owns it.
    pub(crate) async fn share(&self, store: StoreId) -> Result<(), ProjectionError> {
        let parameters: [Parameter<'_>; 3] = [
            (&self.projection, Type::TEXT),
            (&self.fingerprint.0, Type::UUID),
            (&store.0, Type::UUID),
        ];
        let client = self.postgres.client().await?;
        if client.execute(&self.share, &parameters).await? == 1 {
            let token = None;
            self.claim(Claim { store, token });
            return Ok(());
        }
        // Of another store, or of another declaration by now.
        let actual = self.position(store).await?;
        let expected = actual;
        Err(ProjectionError::Moved { expected, actual })
    }

    fn claim(&self, claim: Claim) {
        *self.claim.lock().unwrap_or_else(PoisonError::into_inner) = Some(claim);
    }

    /// Where it is, without taking it over.
    pub(crate) async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        let client = self.postgres.client().await?;
        let rows = client
            .rows(&self.look, &[(&self.projection, Type::TEXT)])
            .await?;
        let (position, _edition) = self.found_in(&rows, store)?;
        Ok(position)
    }

    /// Where it is and of which edition, by rows of which the first begins with its fingerprint,
    /// store, position and edition.
    pub(crate) fn found_in(
        &self,
        rows: &[Row],
        store: StoreId,
    ) -> Result<(Position, EditionId), ProjectionError> {
        let stored = self.only(rows)?;
        let position = stored.position_for(&self.projection, self.fingerprint, store)?;
        Ok((position, stored.edition))
    }

    /// Moves it over a batch, unless it is not where the batch begins, or another owns it now.
    pub(crate) async fn advance(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<Advanced, ProjectionError> {
        let claim = *self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(claim) = claim else {
            let (expected, actual) = (batch.after, self.stored(tx).await?.position);
            return Err(ProjectionError::Moved { expected, actual });
        };
        if let Some(advanced) = self.move_if_mine(tx, claim, batch).await? {
            return Ok(advanced);
        }
        let stored = self.stored(tx).await?;
        Err(self.refusal(&stored, claim.store, batch.after))
    }

    /// Keeps it where it is until the end of a transaction, and makes sure that the tables are those
    /// of this declaration. Answers with what it is.
    pub(crate) async fn hold(
        &self,
        tx: &Transaction<'_>,
    ) -> Result<StoredCheckpoint, ProjectionError> {
        let key: [Parameter<'_>; 1] = [(&self.projection, Type::TEXT)];
        let mut rows = tx.rows(&self.hold, &key).await?;
        if rows.is_empty() {
            // It waited for an exchange, after which another row has the name: only a later
            // statement sees that.
            rows = tx.rows(&self.hold, &key).await?;
        }
        let stored = self.only(&rows)?;
        stored.verify(&self.projection, self.fingerprint)?;
        Ok(stored)
    }

    async fn take(
        &self,
        tx: &Transaction<'_>,
        store: StoreId,
    ) -> Result<Option<(Position, i64)>, PostgresError> {
        let parameters: [Parameter<'_>; 3] = [
            (&self.projection, Type::TEXT),
            (&self.fingerprint.0, Type::UUID),
            (&store.0, Type::UUID),
        ];
        let rows = tx.rows(&self.take, &parameters).await?;
        let taken = rows
            .first()
            .map(|row| Ok((position(row, 0)?, row.try_get(1)?)));
        taken.transpose()
    }

    async fn move_if_mine(
        &self,
        tx: &Transaction<'_>,
        claim: Claim,
        batch: &ProjectionBatch,
    ) -> Result<Option<Advanced>, PostgresError> {
        let (after, up_to) = (batch.after.0.cast_signed(), batch.up_to.0.cast_signed());
        let parameters: [Parameter<'_>; 6] = [
            (&self.projection, Type::TEXT),
            (&self.fingerprint.0, Type::UUID),
            (&claim.store.0, Type::UUID),
            (&claim.token, Type::INT8),
            (&after, Type::INT8),
            (&up_to, Type::INT8),
        ];
        let moved = tx.rows(&self.advance, &parameters).await?;
        let advanced = moved.first().map(|row| {
            let (token, has_parked) = (row.try_get(0)?, row.try_get(1)?);
            Ok(Advanced { token, has_parked })
        });
        advanced.transpose()
    }

    async fn stored(&self, tx: &Transaction<'_>) -> Result<StoredCheckpoint, PostgresError> {
        let rows = tx
            .rows(&self.look, &[(&self.projection, Type::TEXT)])
            .await?;
        self.only(&rows)
    }

    fn only(&self, rows: &[Row]) -> Result<StoredCheckpoint, PostgresError> {
        let missing = || PostgresError::Schema {
            schema: self.postgres.sql("{read}"),
            reason: format!("the checkpoint of {} is gone", self.projection),
        };
        stored(rows.first().ok_or_else(missing)?)
    }

    /// Why it was not taken or moved.
    fn refusal(
        &self,
        stored: &StoredCheckpoint,
        store: StoreId,
        expected: Position,
    ) -> ProjectionError {
        match stored.position_for(&self.projection, self.fingerprint, store) {
            Ok(actual) => ProjectionError::Moved { expected, actual },
            Err(foreign) => foreign,
        }
    }
}

/// The checkpoint of a projection, of an edition, if it is there.
pub(crate) async fn find(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
) -> Result<Option<StoredCheckpoint>, PostgresError> {
    let find = "select fingerprint, store, position, edition from {read}.annals_checkpoints
                where projection = $1";
    let find = postgres.sql(find);
    let rows = tx.rows(&find, &[(&projection, Type::TEXT)]).await?;
    rows.first().map(stored).transpose()
}

/// A checkpoint as it is kept.
fn stored(row: &Row) -> Result<StoredCheckpoint, PostgresError> {
    let store: Option<Uuid> = row.try_get(1)?;
    Ok(StoredCheckpoint {
        fingerprint: Fingerprint(row.try_get(0)?),
        store: store.map(StoreId),
        position: position(row, 2)?,
        edition: EditionId(row.try_get(3)?),
    })
}

fn position(row: &Row, place: usize) -> Result<Position, PostgresError> {
    let position: i64 = row.try_get(place)?;
    Ok(Position(position.cast_unsigned()))
}
