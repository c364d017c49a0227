//! How a declared event type is to what is recorded of it.

use crate::compare::differences;
use crate::declared::DeclaredEvent;
use crate::difference::Difference;
use crate::directory::Directory;
use crate::shape::shape_of;

/// How a declared event type is to what is recorded of it.
#[derive(Debug, PartialEq)]
pub(super) enum Standing {
    /// Nothing is recorded.
    New,
    /// A later version is recorded.
    WentBack { recorded: u32 },
    /// Its version takes less than what is recorded of it.
    Incompatible(Vec<Difference>),
    /// Its version is not recorded.
    NewVersion,
    /// Its version takes more than what is recorded of it.
    Widened,
    /// As it is recorded.
    Recorded,
}

impl Standing {
    pub(super) fn of(declared: &DeclaredEvent, recorded: &Directory) -> Self {
        let version = declared.schema.version;
        let types = declared
            .names()
            .filter_map(|name| recorded.events.get(name));
        match types.flat_map(|versions| versions.keys()).max() {
            None => return Self::New,
            Some(&recorded) if recorded > version => return Self::WentBack { recorded },
            Some(_) => {}
        }
        let Some(now) = &declared.json else {
            return Self::Recorded;
        };
        let json = |name| recorded.version(name, version)?.json.as_ref();
        let of_version = declared.names().filter_map(json);
        let found: Vec<_> = of_version.flat_map(|then| differences(then, now)).collect();
        if !found.is_empty() {
            return Self::Incompatible(found);
        }
        match json(declared.name()) {
            None => Self::NewVersion,
            Some(then) if shape_of(then) == shape_of(now) => Self::Recorded,
            Some(_) => Self::Widened,
        }
    }
}
