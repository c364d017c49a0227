//! The index: where the events of each stream, category, type and tag are, and which ids are
//! known. Derived from the log and rebuilt from it; held in memory.
//!
//! It holds all events that were decided on, also those that are not durable yet. Whoever reads
//! for others passes the durable position as `up_to`; only the sequencer looks beyond it.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use annals_core::{
    AppendId, Direction, EventId, EventType, Position, Query, QueryItem, StreamId, StreamVersion,
    Tag,
};

mod postings;

use postings::{Cursor, Group, Postings};

/// What an event can be looked up by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Term {
    Stream(StreamId),
    Category(Arc<str>),
    Type(EventType),
    Tag(Tag),
}

/// The positions of one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: Position,
    pub(crate) last: Position,
}

/// What the index keeps of an event.
pub(crate) struct Entry<'a> {
    pub(crate) id: EventId,
    pub(crate) append: AppendId,
    pub(crate) stream: &'a StreamId,
    pub(crate) event_type: &'a EventType,
    pub(crate) tags: &'a [Tag],
}

/// Where the events of each term are, and which ids are known.
#[derive(Default)]
pub(crate) struct Index {
    postings: HashMap<Term, Postings>,
    events: HashMap<EventId, Position>,
    appends: HashMap<AppendId, Span>,
    last: Position,
}

impl Index {
    /// The position of the last event that was decided on.
    pub(crate) fn last(&self) -> Position {
        self.last
    }

    /// Takes in the event behind the last one.
    pub(crate) fn add(&mut self, entry: &Entry<'_>) {
        let position = self.last.next();
        self.last = position;
        self.post(Term::Stream(entry.stream.clone()), position);
        self.post(Term::Category(entry.stream.category().into()), position);
        self.post(Term::Type(entry.event_type.clone()), position);
        for tag in entry.tags {
            self.post(Term::Tag(tag.clone()), position);
        }
        self.events.insert(entry.id, position);
        let span = self.appends.entry(entry.append).or_insert(Span {
            first: position,
            last: position,
        });
        span.last = position;
    }

    /// Forgets all events after `last`: they were decided on, but could not be written.
    pub(crate) fn truncate(&mut self, last: Position) {
        self.last = last;
        self.postings.retain(|_, postings| {
            postings.truncate(last);
            !postings.is_empty()
        });
        self.events.retain(|_, position| *position <= last);
        self.appends.retain(|_, span| span.first <= last);
    }

    /// The version of a stream, counting events up to a position.
    pub(crate) fn stream_version(&self, stream: &StreamId, up_to: Position) -> StreamVersion {
        let postings = self.postings.get(&Term::Stream(stream.clone()));
        StreamVersion(postings.map_or(0, |postings| postings.count_up_to(up_to)))
    }

    /// Where an event is.
    pub(crate) fn event(&self, id: EventId) -> Option<Position> {
        self.events.get(&id).copied()
    }

    /// Where an append is.
    pub(crate) fn append(&self, id: AppendId) -> Option<Span> {
        self.appends.get(&id).copied()
    }

    /// The positions of a stream's events with these versions, at most `limit` from the end that
    /// `direction` begins with.
    pub(crate) fn stream(
        &self,
        stream: &StreamId,
        versions: RangeInclusive<u64>,
        direction: Direction,
        limit: usize,
    ) -> Vec<Position> {
        let postings = self.postings.get(&Term::Stream(stream.clone()));
        let found = postings.map_or(&[][..], |postings| postings.slice(versions));
        match direction {
            Direction::Forwards => found.iter().take(limit).copied().collect(),
            Direction::Backwards => found.iter().rev().take(limit).copied().collect(),
        }
    }

    /// The positions within `range` of events that a query selects, at most `limit` from the end
    /// that `direction` begins with.
    pub(crate) fn select(
        &self,
        query: &Query,
        range: RangeInclusive<u64>,
        direction: Direction,
        limit: usize,
    ) -> Vec<Position> {
        let all = [QueryItem::default()];
        let items = match query.items() {
            [] => &all,
            items => items,
        };
        let mut items: Vec<Vec<Group<'_>>> = items
            .iter()
            .map(|item| self.groups(item, direction))
            .collect();
        let mut cursor = Cursor::new(range, direction);
        let mut found = Vec::new();
        while found.len() < limit {
            let next = items.iter_mut().filter_map(|item| cursor.seek(item));
            let Some(next) = cursor.nearest(next) else {
                break;
            };
            found.push(next);
            cursor.pass(next);
        }
        found
    }

    fn post(&mut self, term: Term, position: Position) {
        self.postings.entry(term).or_default().push(position);
    }

    /// One group for each restriction of an item: an event must be in all of them.
    fn groups(&self, item: &QueryItem, direction: Direction) -> Vec<Group<'_>> {
        let categories = item.categories.iter();
        let categories = categories.map(|category| Term::Category(category.as_str().into()));
        let types = item.types.iter().map(|name| Term::Type(name.clone()));
        let any_of = [categories.collect::<Vec<_>>(), types.collect()];
        let any_of = any_of.into_iter().filter(|terms| !terms.is_empty());
        let tags = item.tags.iter().map(|tag| vec![Term::Tag(tag.clone())]);
        tags.chain(any_of)
            .map(|terms| self.group(&terms, direction))
            .collect()
    }

    fn group(&self, terms: &[Term], direction: Direction) -> Group<'_> {
        let lists = terms.iter().filter_map(|term| self.postings.get(term));
        Group::any_of(lists, direction)
    }
}

#[cfg(test)]
mod tests;
