//! What is recorded, told from what is appended and not from what a store says.

use std::collections::HashMap;

use annals_core::{
    Append, AppendId, EventId, NewEvent, Position, RecordedEvent, Source, StreamId, StreamVersion,
};

use crate::conformance::Random;
use crate::conformance::sample;

const CATEGORIES: [&str; 3] = ["Account", "Order", "Parcel"];
const STREAMS: usize = 20;
const TYPES: [&str; 4] = ["Opened", "Changed", "Moved", "Closed"];
const TAGS: [&str; 4] = ["urgent", "red", "blue", "green"];
/// Most events of one write, and most streams of one append.
const MOST: usize = 3;

/// Appends to an empty store, one after the other, and so every event of it.
pub struct History {
    appends: Vec<Append>,
    events: Vec<Expected>,
}

/// An event as it must be recorded; its place tells its position.
struct Expected {
    stream: StreamId,
    version: StreamVersion,
    append: AppendId,
    event: NewEvent,
}

impl History {
    /// The history that these appends make of an empty store, each of which must be accepted.
    pub fn of(appends: Vec<Append>) -> Self {
        let mut versions: HashMap<StreamId, StreamVersion> = HashMap::new();
        let mut events = Vec::new();
        for append in &appends {
            for write in &append.writes {
                let version = versions.entry(write.stream.clone()).or_default();
                for event in &write.events {
                    *version = version.next();
                    events.push(Expected {
                        stream: write.stream.clone(),
                        version: *version,
                        append: append.id,
                        event: event.clone(),
                    });
                }
            }
        }
        Self { appends, events }
    }

    /// At least so many events over many streams, of several categories, types and tags, in appends of
    /// one or several streams. The same seed makes the same history.
    pub fn random(seed: u64, events: usize) -> Self {
        let mut random = Random::seeded(seed);
        let (mut appends, mut count) = (Vec::new(), 0);
        while count < events {
            let append = random_append(&mut random, count);
            count += append.events().count();
            appends.push(append);
        }
        Self::of(appends)
    }

    /// Its appends, in their order.
    pub fn appends(&self) -> &[Append] {
        &self.appends
    }

    /// Where its last event is.
    pub fn last(&self) -> Position {
        Position(self.events.len() as u64)
    }

    /// True if this is the event at its position.
    pub(super) fn has(&self, event: &RecordedEvent) -> bool {
        self.at(event.position).is_some_and(|expected| {
            event.version == expected.version
                && event.append == expected.append
                && event.stream == expected.stream
                && event.is_record_of(&expected.event)
        })
    }

    /// The positions of all events that a source's filter selects, wherever it begins.
    pub(super) fn selected_by(&self, source: &Source) -> Vec<Position> {
        let is_selected = |event: &Expected| match source {
            Source::Query { query, .. } => {
                query.matches(&event.stream, &event.event.event_type, &event.event.tags)
            }
            Source::Stream { stream, .. } => event.stream == *stream,
        };
        let places = self.events.iter().zip(1..);
        let selected = places.filter(|(event, _)| is_selected(event));
        selected.map(|(_, position)| Position(position)).collect()
    }

    /// True if an event that is selected is behind the beginning of the source.
    pub(super) fn is_behind(&self, position: Position, source: &Source) -> bool {
        match source {
            Source::Query { after, .. } => *after < Some(position),
            Source::Stream { after, .. } => {
                let event = self.at(position);
                *after < event.map(|event| event.version)
            }
        }
    }

    /// The position that a source begins after; unknown for a stream.
    pub(super) fn beginning_of(&self, source: &Source) -> Position {
        match source {
            Source::Query { after, .. } => after.unwrap_or(Position::START),
            Source::Stream { .. } => Position::START,
        }
    }

    /// Moves the beginning of a source behind a position.
    pub(super) fn move_behind(&self, source: &mut Source, position: Position) {
        match source {
            Source::Query { after, .. } => *after = (*after).max(Some(position)),
            Source::Stream { stream, after } => {
                let mut events = self.events.iter().take(index(position.next()));
                let last = events.rfind(|event| event.stream == *stream);
                *after = (*after).max(last.map(|event| event.version));
            }
        }
    }

    /// True if the events on both sides of the end of a position are of one append.
    pub(super) fn is_amid_append(&self, position: Position) -> bool {
        match (self.at(position), self.at(position.next())) {
            (Some(event), Some(next)) => event.append == next.append,
            _ => false,
        }
    }

    fn at(&self, position: Position) -> Option<&Expected> {
        match position {
            Position::START => None,
            position => self.events.get(index(position)),
        }
    }
}

/// How many events are before the one at a position.
fn index(position: Position) -> usize {
    usize::try_from(position.0.saturating_sub(1)).expect("a history fits in memory")
}

fn random_append(random: &mut Random, first: usize) -> Append {
    let mut streams = Vec::new();
    for _ in 0..=random.below(MOST) {
        let category = random.pick(&CATEGORIES);
        let stream = format!("{category}-{}", random.below(STREAMS));
        if !streams.contains(&stream) {
            streams.push(stream);
        }
    }
    let mut number = first;
    let writes = streams.iter().map(|stream| {
        let events = (0..=random.below(MOST)).map(|_| {
            number += 1;
            random_event(random, number)
        });
        sample::write(stream, events.collect())
    });
    Append::to_streams(writes.collect())
}

fn random_event(random: &mut Random, number: usize) -> NewEvent {
    let id = EventId::of_append(AppendId::of_key("watch", "history"), number);
    let data = format!(r#"{{"number":{number}}}"#);
    let name = sample::event_type(random.pick(&TYPES));
    let tags = random.some(&TAGS, 2);
    let event = NewEvent::json(id, name, data);
    tags.into_iter()
        .fold(event, |event, tag| event.tagged(sample::tag(tag)))
}
