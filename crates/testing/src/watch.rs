//! Whether subscriptions keep what etcd promises of a watch, judged delivery by delivery.
//!
//! [`Property`] lists the seven; the names are those of etcd's documentation and of its robustness
//! tests. A [`Watch`] is given every delivery of one watcher, over all of its reconnections, and holds
//! it against the [`History`] of the store. It keeps no delivery, so that millions can be judged:
//!
//! ```
//! # use std::sync::Arc;
//! # use annals_core::{Delivery, Position, Source};
//! # use annals_testing::watch::{History, Property, Watch};
//! let history = Arc::new(History::random(1, 10));
//! let mut watch = Watch::new(&history, Source::all());
//! let broken = watch.note(&Delivery::CaughtUp(Position(10))).unwrap_err();
//! assert_eq!(broken.property, Property::Bookmarkable);
//! ```
//!
//! In reading order: [`History`] is what is recorded; [`Plan`] sets watchers of every kind on a store
//! while it is recorded.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use annals_core::{Delivery, Position, RecordedEvent, Source};

mod history;
mod plan;

pub use history::History;
pub use plan::{Plan, Tally};

/// What a watch promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// Events come in the order of their positions.
    Ordered,
    /// No event comes twice.
    Unique,
    /// No event is left out before one that comes, and each is as it was recorded.
    Reliable,
    /// The events of one append are seen together: no mark parts them.
    Atomic,
    /// A watch that is begun again behind the last delivery goes on there.
    Resumable,
    /// A mark tells the truth: all that was asked for up to there has come.
    Bookmarkable,
    /// Nothing comes that was not asked for.
    Filterable,
}

/// A promise that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {property:?}: {seen}")]
pub struct Broken {
    /// Which promise.
    pub property: Property,
    /// What was seen.
    pub seen: String,
}

/// One watcher: what it asked for, and how much of it has come.
#[derive(Clone)]
pub struct Watch {
    history: Arc<History>,
    source: Source,
    /// Where the events are that its filter selects, in the whole history.
    asked: Arc<[Position]>,
    /// The first of those that is behind its beginning.
    begin: usize,
    /// The first of those that has not come, but for those that are owed.
    next: usize,
    /// What was passed over: it is missing, or comes too late.
    owed: BTreeSet<Position>,
    /// The last event or mark.
    reached: Position,
    /// True once anything has come.
    has_begun: bool,
    /// True until the first delivery after it was begun again.
    is_resumed: bool,
}

impl Watch {
    /// A watcher of a source, of which nothing has come.
    pub fn new(history: &Arc<History>, source: Source) -> Self {
        let asked: Arc<[Position]> = history.selected_by(&source).into();
        let begin = asked.partition_point(|position| !history.is_behind(*position, &source));
        Self {
            history: Arc::clone(history),
            reached: history.beginning_of(&source),
            source,
            asked,
            begin,
            next: begin,
            owed: BTreeSet::new(),
            has_begun: false,
            is_resumed: false,
        }
    }

    /// Judges the next delivery.
    ///
    /// # Errors
    /// [`Broken`]: with this delivery a promise is broken. No later one is to be judged.
    pub fn note(&mut self, delivery: &Delivery) -> Result<(), Broken> {
        self.has_begun = true;
        let is_first = std::mem::take(&mut self.is_resumed);
        match delivery {
            Delivery::Event(event) => {
                self.take(event.position, is_first)?;
                self.reached = event.position;
                self.compare(event)
            }
            Delivery::CaughtUp(mark) => self.believe(*mark),
        }
    }

    /// What to ask the store for: its source, from behind what has come.
    ///
    /// # Errors
    /// [`Broken`]: something was left out, which will not come any more.
    pub fn resume(&mut self) -> Result<Source, Broken> {
        self.owes_nothing()?;
        self.is_resumed = self.has_begun;
        if self.has_begun {
            self.history.move_behind(&mut self.source, self.reached);
        }
        Ok(self.source.clone())
    }

    fn take(&mut self, position: Position, is_first: bool) -> Result<(), Broken> {
        if self.asked.get(self.next) == Some(&position) {
            self.next += 1;
            return Ok(());
        }
        let place = self.asked.binary_search(&position).ok();
        let Some(place) = place.filter(|place| *place >= self.begin) else {
            return broken(Property::Filterable, || {
                format!("{position} came and was not asked for")
            });
        };
        if self.owed.contains(&position) {
            return broken(Property::Ordered, || {
                format!("{position} came after {}", self.reached)
            });
        }
        if place < self.next {
            let property = match is_first {
                true => Property::Resumable,
                false => Property::Unique,
            };
            return broken(property, || format!("{position} came again"));
        }
        if is_first {
            let due = self.asked[self.next];
            return broken(Property::Resumable, || {
                format!("begun behind {}, it left out {due}", self.reached)
            });
        }
        self.owed.extend(&self.asked[self.next..place]);
        self.next = place + 1;
        Ok(())
    }

    fn compare(&self, event: &RecordedEvent) -> Result<(), Broken> {
        if self.history.has(event) {
            return Ok(());
        }
        broken(Property::Reliable, || {
            format!("another event was recorded than {event:?}")
        })
    }

    fn believe(&mut self, mark: Position) -> Result<(), Broken> {
        self.owes_nothing()?;
        let due = self.asked.get(self.next).filter(|due| **due <= mark);
        if let Some(due) = due {
            return broken(Property::Bookmarkable, || {
                format!("caught up to {mark}, and {due} had not come")
            });
        }
        if mark < self.reached || mark > self.history.last() {
            return broken(Property::Bookmarkable, || {
                let (reached, last) = (self.reached, self.history.last());
                format!("caught up to {mark}, between {reached} and {last}")
            });
        }
        if self.history.is_amid_append(mark) {
            return broken(Property::Atomic, || {
                format!("caught up to {mark}, amid an append")
            });
        }
        self.reached = mark;
        Ok(())
    }

    fn owes_nothing(&self) -> Result<(), Broken> {
        match self.owed.first() {
            None => Ok(()),
            Some(missing) => broken(Property::Reliable, || {
                format!("{missing} was left out before {}", self.reached)
            }),
        }
    }
}

fn broken<T>(property: Property, seen: impl FnOnce() -> String) -> Result<T, Broken> {
    let seen = seen();
    Err(Broken { property, seen })
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("source", &self.source)
            .field("reached", &self.reached)
            .finish_non_exhaustive()
    }
}
