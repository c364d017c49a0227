//! An instance as it was recorded last.

use annals_core::{EventId, Instance, Metadata, StreamId, StreamVersion};

use super::told::Told;

/// An instance as it was recorded last, as far as is known.
pub(super) struct Latest {
    pub(super) stream: StreamId,
    pub(super) version: StreamVersion,
    /// `None`: it was never started.
    pub(super) instance: Option<Instance>,
    pub(super) correlation: Option<String>,
    /// What was recorded last: what is done for the instance is done because of it.
    pub(super) event: Option<EventId>,
}

impl Latest {
    /// One of which nothing is recorded.
    pub(super) fn absent(stream: StreamId) -> Self {
        Self {
            stream,
            version: StreamVersion::NONE,
            instance: None,
            correlation: None,
            event: None,
        }
    }

    /// What is known beside an input: all that concerns an instance belongs to one conversation.
    pub(super) fn metadata<E>(&self, told: &Told<E>) -> Metadata {
        let mut metadata = told.metadata.clone();
        let correlation = self.correlation.clone().or(metadata.correlation.take());
        metadata.correlation = correlation.or_else(|| Some(self.stream.to_string()));
        metadata
    }

    /// What is known beside what is done for the instance now.
    pub(super) fn because_of_it(&self) -> Metadata {
        Metadata {
            correlation: self.correlation.clone(),
            causation: self.event.map(|event| event.to_string()),
            ..Metadata::default()
        }
    }
}
