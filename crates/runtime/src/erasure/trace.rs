//! What the events of a person have touched.

use std::collections::{BTreeMap, BTreeSet};

use annals_core::{
    EventStore, PartitionKey, Position, Query, QueryItem, Read, RecordedEvent, Source, StreamId,
    SubjectId, TableFold, subject_tag,
};

use serde::de::IgnoredAny;

use super::EraseError;
use super::places::ErasurePlaces;
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
    /// The last of them that each projection takes in, by its name.
    pub(super) last_of: BTreeMap<String, Position>,
    /// What they have touched of each fold.
    pub(super) folds: BTreeMap<&'static str, Touched>,
}

/// What the events of a person have touched of a fold.
#[derive(Default)]
pub(super) struct Touched {
    /// What the rows that they change must stay in order with.
    pub(super) keys: BTreeSet<PartitionKey>,
    /// The last of them.
    pub(super) last: Position,
    /// Those that do not tell which rows they change.
    pub(super) untold: Vec<Position>,
}

/// What reads events, with which of them.
struct Readers<'a> {
    projections: Vec<(String, Query)>,
    folds: Vec<(&'a TableFold, &'a Query)>,
}

impl Trace {
    /// That of a person: their events are found by their tag, and those that were stored before they
    /// carried one by their type.
    pub(super) async fn of(
        subject: &SubjectId,
        store: &dyn EventStore,
        personal: &PersonalEvents,
        places: &ErasurePlaces,
    ) -> Result<Self, EraseError> {
        let mut trace = Self::default();
        let readers = Readers::of(places);
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
                trace.follow(&event, &readers);
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
        let read = Read::forwards(Source::query(refusals()?));
        let mut events = store.read(read).await?;
        while let Some(event) = events.try_next().await? {
            let refused = CommandRefused::<IgnoredAny>::from_record(&event);
            // What says not where it is of may be of any of them.
            if refused.map_or(true, |it| self.streams.contains(&it.stream)) {
                self.refusals.push(event.position);
            }
        }
        Ok(())
    }

    fn follow(&mut self, event: &RecordedEvent, readers: &Readers<'_>) {
        self.positions.insert(event.position);
        self.streams.insert(event.stream.clone());
        for (name, query) in &readers.projections {
            if is_for(query, event) {
                self.last_of.insert(name.clone(), event.position);
            }
        }
        for (fold, query) in &readers.folds {
            if !is_for(query, event) {
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

impl<'a> Readers<'a> {
    fn of(places: &'a ErasurePlaces) -> Self {
        let projections = places.projectors.iter();
        let folds = places.refolds.iter().map(|it| &it.subject().fold);
        Self {
            projections: projections
                .map(|it| (it.name().to_owned(), it.query()))
                .collect(),
            folds: folds.map(|fold| (fold, fold.query())).collect(),
        }
    }
}

fn is_for(query: &Query, event: &RecordedEvent) -> bool {
    query.matches(&event.stream, &event.event_type, &event.tags)
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
