//! Repeated requests: finding the first answer.

use annals_core::{
    Aggregate, Corruption, Position, Read, ReadError, RecordedEvent, Source, StreamVersion,
};
use serde::de::DeserializeOwned;

use super::{Executed, Order};
use crate::error::{ExecuteError, LoadError};
use crate::refusal::CommandRefused;
use crate::repository::Repository;
use crate::unchanged::CommandUnchanged;

impl<A: Aggregate> Repository<A> {
    /// What the request was answered before; a refusal comes back as the error it was.
    pub(super) async fn first_answer(
        &self,
        order: &Order,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        let Some(key) = &order.key else {
            return Ok(None);
        };
        let found = self.store.find_append(order.append).await;
        let Some(found) = found.map_err(LoadError::from)? else {
            return Ok(None);
        };
        let record = self.record_at(found.first).await.map_err(LoadError::from)?;
        if !key.is_stamped_on(&record.metadata) {
            let key = key.key.clone();
            return Err(ExecuteError::KeyReused { key });
        }
        let version = match found.version_of(&order.stream) {
            Some(version) => version,
            None => kept_answer(&record)?,
        };
        let loaded = self.load_stream(&order.stream, version).await?;
        Ok(Some(Executed {
            state: loaded.state,
            version,
            position: found.last,
            repeated: true,
        }))
    }

    pub(super) async fn record_at(&self, position: Position) -> Result<RecordedEvent, ReadError> {
        let before = Position(position.0.saturating_sub(1));
        let read = Read::forwards(Source::all_after(before)).limit(1);
        let record = self.store.read(read).await?.try_next().await?;
        record.ok_or_else(|| {
            let reason = "an append is known, but its event is not there".to_owned();
            Corruption { position, reason }.into()
        })
    }
}

/// The version at which nothing followed from the command, or why it was refused.
fn kept_answer<E: DeserializeOwned>(
    record: &RecordedEvent,
) -> Result<StreamVersion, ExecuteError<E>> {
    if let Some(unchanged) = CommandUnchanged::from_record(record) {
        let unchanged = unchanged.map_err(ExecuteError::UnreadableRefusal)?;
        return Ok(unchanged.version);
    }
    let refused = CommandRefused::from_record(record);
    let refused = refused.map_err(ExecuteError::UnreadableRefusal)?;
    Err(ExecuteError::Refused(refused.error))
}
