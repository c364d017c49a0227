//! What the events of a person have touched.

use std::collections::{BTreeMap, BTreeSet};

use annals_core::{
    EventStore, PartitionKey, Position, Query, QueryItem, Read, RecordedEvent, Source, StreamId,
    SubjectId, TableFold, subject_tag,
};

use serde::de::IgnoredAny;

use super::EraseError;
use crate::personal_events::PersonalEvents;
use crate::refusal::{CommandRefused, refusals};

/// What the events of a person have touched.
#[derive(Default)]
pub(super) struct Trace {
    /// All of their events.
    pub(super) positions: BTreeSet<Position>,
    /// Those that were stored before their fields were personal.
    pub(super) plain: Vec<Position>,
    /// Events of anybody that may tell of them, and cannot be read.
    pub(super) unread: Vec<Position>,
    /// Kept refusals of commands to the streams that their events are in.
    pub(super) refusals: Vec<Position>,
    /// The streams they are in.
    pub(super) streams: BTreeSet<StreamId>,
    /// What they have touched of each fold.
    pub(super) folds: BTreeMap<&'static str, Touched>,
}

/// What the events of a person have touched of a fold.
#[derive(Default)]
pub(super) struct Touched {
    /// What the rows that they change must stay in order with.
    pub(super) keys: BTreeSet<PartitionKey>,
    /// Those that do not tell which rows they change.
    pub(super) untold: Vec<Position>,
    /// The last of them.
    pub(super) last: Position,
}

impl Trace {
    /// That of a person: their events are found by their tag, and those that were stored before they
    /// carried one by their type.
    pub(super) async fn of(
        subject: &SubjectId,
        store: &dyn EventStore,
        personal: &PersonalEvents,
        folds: &[&TableFold],
    ) -> Result<Self, EraseError> {
        let mut trace = Self::default();
        let query = events_that_may_tell_of(subject, personal)?;
        let mut events = store.read(Read::forwards(Source::query(query))).await?;
        while let Some(event) = events.try_next().await? {
            let told = personal.told_by(&event);
            if told.is_unread {
                trace.unread.push(event.position);
            }
            let is_plain = told.untagged.contains(subject);
            if is_plain {
                trace.plain.push(event.position);
            }
            if is_plain || told.tagged.contains(subject) {
                trace.follow(&event, folds);
            }
        }
        trace.find_refusals(store).await?;
        Ok(trace)
    }

    /// Those of commands to streams that the person's events are in.
    async fn find_refusals(&mut self, store: &dyn EventStore) -> Result<(), EraseError> {
        if self.streams.is_empty() {
            return Ok(());
        }
        let mut events = store
            .read(Read::forwards(Source::query(refusals()?)))
            .await?;
        while let Some(event) = events.try_next().await? {
            let refused = CommandRefused::<IgnoredAny>::from_record(&event);
            // What says not where it is of may be of any of them.
            if refused.map_or(true, |it| self.streams.contains(&it.stream)) {
                self.refusals.push(event.position);
            }
        }
        Ok(())
    }

    fn follow(&mut self, event: &RecordedEvent, folds: &[&TableFold]) {
        self.positions.insert(event.position);
        self.streams.insert(event.stream.clone());
        for fold in folds {
            let query = fold.query();
            if !query.matches(&event.stream, &event.event_type, &event.tags) {
                continue;
            }
            let touched = self.folds.entry(fold.name()).or_default();
            touched.last = event.position;
            match fold.partitions_of(event) {
                Ok(keys) => touched.keys.extend(keys),
                Err(_) => touched.untold.push(event.position),
            }
        }
    }
}

fn events_that_may_tell_of(
    subject: &SubjectId,
    personal: &PersonalEvents,
) -> Result<Query, EraseError> {
    let tagged = QueryItem::default().tags([subject_tag(subject.as_str())?]);
    let types = personal.types()?;
    let typed = (!types.is_empty()).then(|| QueryItem::default().types(types));
    Ok(Query::any_of([tagged].into_iter().chain(typed)))
}
