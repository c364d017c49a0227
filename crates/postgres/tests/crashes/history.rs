//! The events of a store, compared with what its writers were told.

use std::collections::HashMap;

use annals_core::{Append, AppendId, RecordedEvent, StreamId, StreamVersion};

use crate::writer::{Entry, Told};

#[cfg(test)]
mod tests;

/// How many appends there are of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) acknowledged: usize,
    /// Not acknowledged, and recorded all the same.
    pub(crate) recorded_unheard: usize,
    pub(crate) not_recorded: usize,
    /// Refused for good, since another writer was first.
    pub(crate) refused: usize,
}

impl Counts {
    /// The counts of one crash after the other. What is settled stays so.
    pub(crate) fn followed_by(self, later: Self) -> Self {
        Self {
            acknowledged: later.acknowledged,
            recorded_unheard: self.recorded_unheard + later.recorded_unheard,
            not_recorded: self.not_recorded + later.not_recorded,
            refused: later.refused,
        }
    }

    /// What was on its way when the crash came.
    pub(crate) fn in_flight(&self) -> usize {
        self.recorded_unheard + self.not_recorded
    }
}

/// Compares the events of a store with the journals of all its writers; what is wrong, if anything.
pub(crate) fn compare(history: &[RecordedEvent], journal: &[&Entry]) -> Result<Counts, String> {
    are_numbered_without_gaps(history)?;
    let mut recorded: HashMap<AppendId, Vec<&RecordedEvent>> = HashMap::new();
    for event in history {
        recorded.entry(event.append).or_default().push(event);
    }
    let mut counts = Counts::default();
    for Entry { append, told } in journal.iter().copied() {
        let events = recorded.remove(&append.id);
        if let Some(events) = &events {
            is_whole(append, events)?;
            found_what_it_expected(append, events, history)?;
        }
        match (told, events) {
            (Told::Recorded(appended), Some(events)) => {
                if events[0].position != appended.first {
                    return Err(format!("{} is not where it was acknowledged", append.id));
                }
                counts.acknowledged += 1;
            }
            (Told::Recorded(_), None) => return Err(format!("{} is lost", append.id)),
            (Told::Unavailable | Told::Refused, Some(_)) => {
                return Err(format!("{} was refused, and is there", append.id));
            }
            (Told::Unconfirmed, Some(_)) => counts.recorded_unheard += 1,
            (Told::Refused, None) => counts.refused += 1,
            (_, None) => counts.not_recorded += 1,
        }
    }
    match recorded.into_keys().next() {
        Some(stray) => Err(format!("nobody asked for {stray}")),
        None => Ok(counts),
    }
}

fn are_numbered_without_gaps(history: &[RecordedEvent]) -> Result<(), String> {
    let mut versions: HashMap<&StreamId, u64> = HashMap::new();
    for (event, position) in history.iter().zip(1..) {
        let version = versions.entry(&event.stream).or_default();
        *version += 1;
        if event.position.0 != position || event.version.0 != *version {
            return Err(format!(
                "{event:?} should be at {position}, as number {version} of its stream"
            ));
        }
    }
    Ok(())
}

/// Checks that an append is there in one piece: all its events, once, in order, in one place.
fn is_whole(append: &Append, recorded: &[&RecordedEvent]) -> Result<(), String> {
    let asked = append
        .writes
        .iter()
        .flat_map(|write| write.events.iter().map(|event| (&write.stream, event)));
    let asked: Vec<_> = asked.collect();
    let is_same = asked.len() == recorded.len()
        && asked
            .iter()
            .zip(recorded)
            .all(|((stream, event), recorded)| {
                **stream == recorded.stream && recorded.is_record_of(event)
            });
    let is_in_one_place = recorded
        .windows(2)
        .all(|pair| pair[1].position == pair[0].position.next());
    if is_same && is_in_one_place {
        return Ok(());
    }
    Err(format!(
        "{} is not there as it was asked for: {recorded:?}",
        append.id
    ))
}

/// Checks that the streams of an append were as it expected, and that nothing had broken its
/// condition.
fn found_what_it_expected(
    append: &Append,
    recorded: &[&RecordedEvent],
    history: &[RecordedEvent],
) -> Result<(), String> {
    for write in &append.writes {
        let first = recorded.iter().find(|event| event.stream == write.stream);
        let before = StreamVersion(first.map_or(0, |event| event.version.0 - 1));
        if !write.expected.holds_at(before) {
            let (id, stream) = (append.id, &write.stream);
            return Err(format!("{id} was taken although {stream} was at {before}"));
        }
    }
    let Some(condition) = &append.condition else {
        return Ok(());
    };
    let before = history.iter().take_while(|event| event.append != append.id);
    let mut unseen = before.filter(|event| event.position > condition.after);
    let broken = unseen.find(|event| {
        let query = &condition.query;
        query.matches(&event.stream, &event.event_type, &event.tags)
    });
    match broken {
        Some(event) => {
            let (id, position) = (append.id, event.position);
            Err(format!(
                "{id} was taken in spite of the event at {position}"
            ))
        }
        None => Ok(()),
    }
}
