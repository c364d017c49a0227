//! Queries: which events a reader wants, or a decision depends on.

use std::collections::BTreeSet;

use crate::event::EventType;
use crate::name::name_type;
use crate::position::Position;
use crate::stream::StreamId;

name_type! {
    /// What an event is about, such as `account:acc-123`. Compared as a whole.
    Tag, "tag"
}

/// Selects events: those that match any of its items.
///
/// The query language of dynamic consistency boundaries (dcb.events), with categories added.
/// A query without items selects every event.
///
/// ```
/// # use annals_core::{EventType, Query, QueryItem, Tag};
/// let query = Query::any_of([
///     QueryItem::default().types([EventType::new("CourseDefined")?]).tags([Tag::new("course:c1")?]),
///     QueryItem::default().categories(["Student"]),
/// ]);
/// assert_eq!(query.items().len(), 2);
/// # Ok::<(), annals_core::InvalidName>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    items: Vec<QueryItem>,
}

/// One way to match: one of the categories, and one of the types, and all of the tags.
///
/// What is left empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryItem {
    /// The event's stream is in one of these categories.
    pub categories: BTreeSet<String>,
    /// The event has one of these types.
    pub types: BTreeSet<EventType>,
    /// The event carries all of these tags.
    pub tags: BTreeSet<Tag>,
}

impl Query {
    /// Every event.
    pub fn all() -> Self {
        Self::default()
    }

    /// Events that match at least one item.
    pub fn any_of(items: impl IntoIterator<Item = QueryItem>) -> Self {
        let items = items.into_iter().collect();
        Self { items }
    }

    /// Events of streams in one category.
    pub fn category(category: &str) -> Self {
        Self::any_of([QueryItem::default().categories([category])])
    }

    /// The items; none selects everything.
    pub fn items(&self) -> &[QueryItem] {
        &self.items
    }

    /// How many bytes its names take.
    pub(crate) fn bytes(&self) -> usize {
        self.items.iter().map(QueryItem::bytes).sum()
    }

    /// True if an event of this stream, type and tags is selected.
    pub fn matches(&self, stream: &StreamId, event_type: &EventType, tags: &[Tag]) -> bool {
        self.items.is_empty()
            || self
                .items
                .iter()
                .any(|item| item.matches(stream, event_type, tags))
    }
}

impl QueryItem {
    /// Adds categories, one of which must hold.
    #[must_use]
    pub fn categories<C: Into<String>>(mut self, categories: impl IntoIterator<Item = C>) -> Self {
        self.categories
            .extend(categories.into_iter().map(Into::into));
        self
    }

    /// Adds types, one of which must hold.
    #[must_use]
    pub fn types(mut self, types: impl IntoIterator<Item = EventType>) -> Self {
        self.types.extend(types);
        self
    }

    /// Adds tags, all of which must hold.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags.extend(tags);
        self
    }

    fn bytes(&self) -> usize {
        let categories = self.categories.iter().map(String::len);
        let types = self.types.iter().map(|name| name.as_str().len());
        let tags = self.tags.iter().map(|name| name.as_str().len());
        categories.chain(types).chain(tags).sum()
    }

    fn matches(&self, stream: &StreamId, event_type: &EventType, tags: &[Tag]) -> bool {
        (self.categories.is_empty() || self.categories.contains(stream.category()))
            && (self.types.is_empty() || self.types.contains(event_type))
            && self.tags.iter().all(|tag| tags.contains(tag))
    }
}

/// Refuses an append when a decision's ground has shifted: an event that matches `query` was
/// recorded after `after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendCondition {
    /// The events the decision depends on.
    pub query: Query,
    /// The position up to which the caller has seen them.
    pub after: Position,
}
