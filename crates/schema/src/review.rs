//! A review: what is declared, held against what is recorded.
//!
//! In reading order: how each event type stands (`standing`), those that are gone (`lost`), and what the
//! golden samples are read as (`samples`).

use std::collections::HashSet;
use std::fmt;

use crate::catalogue::Catalogue;
use crate::declared::DeclaredEvent;
use crate::directory::Directory;
use crate::fault::SchemaFault;

use standing::Standing;

mod lost;
mod samples;
mod standing;

/// That recorded events survive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What is not recorded yet, and needs not be.
    pub notices: Vec<Notice>,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("recorded events survive")?;
        self.notices
            .iter()
            .try_for_each(|notice| write!(f, "\n  {notice}"))
    }
}

/// Something that is not recorded yet, and needs not be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A new event type.
    NewEvent {
        /// Its stored name.
        event: String,
    },
    /// A version takes more than is recorded of it, such as an optional field.
    Widened {
        /// The stored name of its event type.
        event: String,
        /// Which version.
        version: u32,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewEvent { event } => write!(f, "{event} is not recorded yet"),
            Self::Widened { event, version } => {
                write!(
                    f,
                    "{event} version {version} takes more than is recorded of it"
                )
            }
        }
    }
}

/// What was found.
#[derive(Default)]
pub(crate) struct Review {
    pub(crate) faults: Vec<SchemaFault>,
    pub(crate) notices: Vec<Notice>,
}

impl Review {
    pub(crate) fn of(catalogue: &Catalogue, recorded: &Directory) -> Self {
        let mut review = Self::default();
        review.faults.extend(names_declared_twice(catalogue));
        for event in catalogue.events_declared() {
            review.faults.extend(event.faults());
            review.hold(event, recorded);
        }
        review.faults.extend(lost::faults(catalogue, recorded));
        review.faults.extend(changed_files(recorded));
        review.faults.extend(samples::faults(catalogue, recorded));
        if recorded.page.is_none() {
            review.faults.push(SchemaFault::NothingRecorded);
        }
        review
    }

    /// Holds one event type against what is recorded of it.
    fn hold(&mut self, declared: &DeclaredEvent, recorded: &Directory) {
        let (event, version) = (declared.name().to_owned(), declared.schema.version);
        match Standing::of(declared, recorded) {
            Standing::New => self.notices.push(Notice::NewEvent { event }),
            Standing::WentBack { recorded } => self.faults.push(SchemaFault::WentBack {
                event,
                recorded,
                declared: version,
            }),
            Standing::NewVersion => self
                .faults
                .push(SchemaFault::NotAccepted { event, version }),
            Standing::Incompatible(differences) => self.faults.push(SchemaFault::ShapeChanged {
                event,
                version,
                differences,
            }),
            Standing::Widened => self.notices.push(Notice::Widened { event, version }),
            Standing::Recorded => {}
        }
    }
}

fn names_declared_twice(catalogue: &Catalogue) -> Vec<SchemaFault> {
    let mut known = HashSet::new();
    let written = catalogue.events_declared().flat_map(DeclaredEvent::names);
    let retired = catalogue
        .declared
        .iter()
        .flat_map(|declared| &declared.retired);
    let names = written.chain(retired.copied());
    let twice = names.filter(|name| !known.insert(*name));
    twice.map(|name| SchemaFault::NameTwice { name }).collect()
}

/// What was accepted and is not as it was.
fn changed_files(recorded: &Directory) -> Vec<SchemaFault> {
    let now = recorded.fingerprints();
    let accepted = recorded.page.iter().flat_map(|page| &page.recorded);
    let changed = accepted.filter_map(|(path, accepted)| {
        let path = path.clone();
        match now.get(&path) {
            None => Some(SchemaFault::Missing { path }),
            Some(now) if now != accepted => Some(SchemaFault::Edited { path }),
            Some(_) => None,
        }
    });
    changed.collect()
}
