//! The catalogue: all events of a service, who writes them and who reads them.

use std::path::Path;

use annals_core::{Aggregate, Effect, Event, Query, TableFold};
use schemars::JsonSchema;

use crate::accept::{Accepted, accept};
use crate::declared::{DeclaredEvent, DeclaredEvents};
use crate::directory::Directory;
use crate::error::SchemaError;
use crate::page::Page;
use crate::review::{Checked, Review};

/// All events of a service, who writes them and who reads them.
pub struct Catalogue {
    pub(crate) service: String,
    pub(crate) declared: Vec<DeclaredEvents>,
    pub(crate) producers: Vec<Producer>,
    pub(crate) consumers: Vec<Consumer>,
}

/// Who writes events.
pub(crate) struct Producer {
    pub(crate) category: &'static str,
    pub(crate) events: Vec<&'static str>,
}

/// Who reads events.
pub(crate) struct Consumer {
    pub(crate) name: String,
    pub(crate) query: Query,
}

impl Catalogue {
    /// That of a service, by its name, without events.
    pub fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            declared: Vec::new(),
            producers: Vec::new(),
            consumers: Vec::new(),
        }
    }

    /// With the events of an enum, and samples of them: at least one of each event type.
    ///
    /// What they say about persons is made up: it is sealed under a key that everybody knows.
    #[must_use]
    pub fn events<E: Event + JsonSchema>(mut self, samples: impl IntoIterator<Item = E>) -> Self {
        self.declared.push(DeclaredEvents::of(samples));
        self
    }

    /// With who writes events.
    #[must_use]
    pub fn produced_by<A: Aggregate>(mut self) -> Self {
        let events = A::Event::SCHEMAS.iter().map(|schema| schema.name);
        self.producers.push(Producer {
            category: A::CATEGORY,
            events: events.collect(),
        });
        self
    }

    /// With a projection that reads events.
    #[must_use]
    pub fn consumed_by_fold(self, fold: &TableFold) -> Self {
        self.consumed_by(fold.name(), fold.query().clone())
    }

    /// With an effect that is performed for events.
    #[must_use]
    pub fn consumed_by_effect<E: Effect>(self) -> Self {
        self.consumed_by(E::NAME, E::query())
    }

    /// With anybody else who reads events.
    #[must_use]
    pub fn consumed_by(mut self, name: &str, query: Query) -> Self {
        let name = name.to_owned();
        self.consumers.push(Consumer { name, query });
        self
    }

    /// Checks that recorded events survive: that what is declared takes what is recorded in the
    /// directory, and that each golden sample still says what it said.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] with everything that is wrong, as a person reads it.
    pub fn check(&self, directory: impl AsRef<Path>) -> Result<Checked, SchemaError> {
        let recorded = Directory::read(directory.as_ref())?;
        let review = Review::of(self, &recorded);
        SchemaError::refuse(review.faults)?;
        Ok(Checked {
            notices: review.notices,
        })
    }

    /// Checks that the page that people read tells of what is declared and recorded.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] with the lines that differ.
    pub fn check_page(&self, directory: impl AsRef<Path>) -> Result<(), SchemaError> {
        let recorded = Directory::read(directory.as_ref())?;
        let page = Page::of(self, &recorded);
        SchemaError::refuse(page.faults(directory.as_ref())?)
    }

    /// Records what is declared: new event types, new versions, what older versions are read as, and the
    /// page. Nothing is written if recorded events would not survive; nothing that is recorded as stored
    /// is ever written again.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] with everything that accepting does not settle.
    pub fn accept(&self, directory: impl AsRef<Path>) -> Result<Accepted, SchemaError> {
        accept(self, directory.as_ref())
    }

    pub(crate) fn events_declared(&self) -> impl Iterator<Item = &DeclaredEvent> {
        self.declared.iter().flat_map(|declared| &declared.events)
    }

    /// The events that ones of this stored name are read as.
    pub(crate) fn reader_of(&self, name: &str) -> Option<&DeclaredEvents> {
        self.declared.iter().find(|declared| declared.knows(name))
    }
}
