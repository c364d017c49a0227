//! Flaws of reads.

use annals_core::{
    Direction, EventStore, EventStream, Position, Query, QueryItem, Read, ReadError, RecordedEvent,
    Source,
};
use async_trait::async_trait;
use futures_util::stream;

use super::Flaw;
use crate::model_store::ModelStore;

/// Declares a flaw of `read` by what it makes of the question, and of the answer.
macro_rules! read_flaw {
    ($(#[$doc:meta])* $name:ident, $question:expr, $answer:expr) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $name;

        #[async_trait]
        impl Flaw for $name {
            async fn read(&self, store: &ModelStore, read: Read) -> Result<EventStream, ReadError> {
                let question: fn(Read) -> Read = $question;
                let answer: fn(Position, Vec<RecordedEvent>) -> EventStream = $answer;
                let right = store.read(question(read)).await?;
                Ok(answer(right.head(), right.collect().await?))
            }
        }
    };
}

read_flaw! {
    /// Exchanges the first two events.
    Reorders, |read| read, |head, mut events| {
        if events.len() > 1 {
            events.swap(0, 1);
        }
        answer(head, events)
    }
}

read_flaw! {
    /// Leaves out a position now and then, as a sequence does.
    SkipsPositions, |read| read, |head, mut events| {
        for event in &mut events {
            event.position.0 += event.position.0 / 10;
        }
        answer(head, events)
    }
}

read_flaw! {
    /// Does not see what was appended last.
    ReadsStale, |read| read, |head, mut events| {
        events.retain(|event| event.position < head);
        answer(head, events)
    }
}

read_flaw! {
    /// Takes an error on the way for the end.
    EndsOnAnError, |read| read, |head, mut events| {
        events.truncate(100);
        answer(head, events)
    }
}

read_flaw! {
    /// Reads one too many backwards.
    MiscountsBackwards, |mut read| {
        if read.direction == Direction::Backwards {
            read.limit = read.limit.map(|limit| limit + 1);
        }
        read
    }, answer
}

read_flaw! {
    /// Begins with the position it should begin after.
    BeginsTooEarly, |mut read| {
        if let (Direction::Forwards, Source::Query { after, .. }) = (read.direction, &mut read.source) {
            *after = after.map(|after| Position(after.0.saturating_sub(1)));
        }
        read
    }, answer
}

read_flaw! {
    /// Takes one tag of several for all of them.
    MatchesAnyTag, |mut read| {
        if let Source::Query { query, .. } = &mut read.source {
            *query = Query::any_of(query.items().iter().map(with_one_tag));
        }
        read
    }, answer
}

read_flaw! {
    /// Takes the last event it read for the head of the store.
    ForgetsTheHead, |read| read, |_, events| {
        let last = events.last().map_or(Position::START, |event| event.position);
        answer(last, events)
    }
}

fn answer(head: Position, events: Vec<RecordedEvent>) -> EventStream {
    EventStream::new(head, stream::iter(events.into_iter().map(Ok)))
}

fn with_one_tag(item: &QueryItem) -> QueryItem {
    let mut item = item.clone();
    item.tags = item.tags.into_iter().take(1).collect();
    item
}
