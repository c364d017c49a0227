//! Event types that are recorded, and that the code does not know.

use super::standing::Standing;
use crate::catalogue::Catalogue;
use crate::compare::differences;
use crate::declared::DeclaredEvent;
use crate::directory::{Directory, RecordedVersion};
use crate::fault::SchemaFault;

/// What is wrong with each.
pub(super) fn faults<'a>(
    catalogue: &'a Catalogue,
    recorded: &'a Directory,
) -> impl Iterator<Item = SchemaFault> + 'a {
    let lost = recorded.events.iter();
    let lost = lost.filter(|(name, _)| catalogue.reader_of(name).is_none());
    lost.map(|(name, versions)| {
        let newest = versions.values().next_back();
        match newest.and_then(|newest| new_name(newest, catalogue, recorded)) {
            Some(to) => SchemaFault::EventRenamed {
                from: name.clone(),
                to: to.to_owned(),
            },
            None => SchemaFault::EventDisappeared {
                event: name.clone(),
            },
        }
    })
}

/// The one new event type that has the shape of a lost one.
fn new_name(
    lost: &RecordedVersion,
    catalogue: &Catalogue,
    recorded: &Directory,
) -> Option<&'static str> {
    let then = lost.json.as_ref()?;
    let is_alike = |event: &&DeclaredEvent| {
        let fits = |now| differences(then, now).is_empty() && differences(now, then).is_empty();
        Standing::of(event, recorded) == Standing::New && event.json.as_ref().is_some_and(fits)
    };
    let mut alike = catalogue.events_declared().filter(is_alike);
    let first = alike.next()?;
    alike.next().is_none().then(|| first.name())
}
