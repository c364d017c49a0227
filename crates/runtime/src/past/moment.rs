//! Which position a time is.

use annals_core::{EventStore, Position, Read, ReadError, Source, Timestamp};

#[cfg(test)]
mod tests;

/// The last position up to `head` that was recorded by a time, found in as many reads as a position
/// has bits.
///
/// The event there was recorded by then, and the next one was not. Where the clock was put back, that
/// may be so at several positions, and it is one of them.
pub(super) async fn last_recorded_by(
    store: &dyn EventStore,
    head: Position,
    time: Timestamp,
) -> Result<Position, ReadError> {
    let mut found = Position::START;
    let mut step = head.0.checked_ilog2().map_or(0, |bits| 1 << bits);
    while step > 0 {
        let ahead = Position(found.0 + step);
        if ahead <= head && recorded_at(store, ahead).await? <= time {
            found = ahead;
        }
        step /= 2;
    }
    Ok(found)
}

/// Positions are dense, so that there is an event at each up to the head.
async fn recorded_at(store: &dyn EventStore, position: Position) -> Result<Timestamp, ReadError> {
    let source = Source::all_after(Position(position.0 - 1));
    let mut events = store.read(Read::forwards(source).limit(1)).await?;
    let event = events.try_next().await?;
    let event = event.filter(|event| event.position == position);
    event
        .map(|event| event.recorded_at)
        .ok_or_else(|| ReadError::Unavailable {
            reason: format!("there is no event at position {position} any more"),
        })
}
