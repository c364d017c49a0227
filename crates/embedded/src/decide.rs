//! Deciding on one append: is it a repeat, does it conflict, or is it taken?

use annals_core::{
    Append, AppendError, Appended, Direction, InvalidAppend, Position, ReadError, RecordedEvent,
    StreamId, StreamVersion,
};

use crate::index::{Index, Span};
use crate::read::Reader;

/// What becomes of an append.
pub(crate) enum Decision {
    /// Record it.
    Take,
    /// Record nothing, and answer this.
    Answer(Result<Appended, AppendError>),
    /// It may repeat an append that is not durable yet: decide when that is.
    Postpone,
}

/// Decides on a valid append, given all that was decided before.
pub(crate) fn decide(reader: &Reader, append: &Append) -> Decision {
    let index = reader.index();
    if let Some(known) = known(&index, append) {
        if known > reader.head() {
            return Decision::Postpone;
        }
        drop(index);
        return Decision::Answer(repeat(reader, append, known));
    }
    match check(&index, append) {
        Ok(()) => Decision::Take,
        Err(refusal) => Decision::Answer(Err(refusal)),
    }
}

/// Where an append with this id, or one of these events, was recorded before.
fn known(index: &Index, append: &Append) -> Option<Position> {
    let same_append = index.append(append.id).map(|span| span.last);
    same_append.or_else(|| append.events().find_map(|event| index.event(event.id)))
}

/// Acknowledges what was recorded before if it is the same, to the letter.
fn repeat(reader: &Reader, append: &Append, known: Position) -> Result<Appended, AppendError> {
    let record = reader.record(known).map_err(unread)?;
    let recorded = recorded(reader, record.span()).map_err(unread)?;
    let given = append.writes.iter().flat_map(|write| {
        let stream = &write.stream;
        write.events.iter().map(move |event| (stream, event))
    });
    let same = recorded.len() == append.events().count()
        && given.zip(&recorded).all(|((stream, event), record)| {
            record.stream == *stream && record.is_record_of(event)
        });
    if same {
        return Ok(outcome(&recorded));
    }
    let reused = append
        .events()
        .find(|event| reader.index().event(event.id).is_some());
    Err(match reused {
        Some(event) => InvalidAppend::EventIdReused { event: event.id },
        None => InvalidAppend::AppendIdReused { append: append.id },
    }
    .into())
}

fn check(index: &Index, append: &Append) -> Result<(), AppendError> {
    let last = index.last();
    for write in &append.writes {
        let actual = index.stream_version(&write.stream, last);
        if !write.expected.holds_at(actual) {
            return Err(AppendError::Conflict {
                stream: write.stream.clone(),
                expected: write.expected,
                actual,
            });
        }
    }
    let Some(condition) = &append.condition else {
        return Ok(());
    };
    let since = condition.after.0.saturating_add(1)..=last.0;
    let found = index.select(&condition.query, since, Direction::Forwards, 1);
    match found.first() {
        Some(&position) => Err(AppendError::ConditionFailed { position }),
        None => Ok(()),
    }
}

/// An append that could not be compared with what is recorded was not written.
fn unread(error: ReadError) -> AppendError {
    match error {
        ReadError::Corrupt(corruption) => AppendError::Corrupt(corruption),
        other => AppendError::Unavailable {
            reason: other.to_string(),
        },
    }
}

/// The events of an append that is durable.
pub(crate) fn recorded(reader: &Reader, span: Span) -> Result<Vec<RecordedEvent>, ReadError> {
    (span.first.0..=span.last.0)
        .map(|position| Ok(reader.record(Position(position))?.event))
        .collect()
}

/// The answer to the append that recorded these events.
pub(crate) fn outcome(recorded: &[RecordedEvent]) -> Appended {
    let (first, last) = match recorded {
        [first, .., last] => (first, last),
        [only] => (only, only),
        [] => unreachable!("a span holds at least one event"),
    };
    let mut versions: Vec<(StreamId, StreamVersion)> = Vec::new();
    for event in recorded {
        match versions.last_mut() {
            Some((stream, version)) if *stream == event.stream => *version = event.version,
            _ => versions.push((event.stream.clone(), event.version)),
        }
    }
    Appended {
        id: first.append,
        first: first.position,
        last: last.position,
        versions,
    }
}
