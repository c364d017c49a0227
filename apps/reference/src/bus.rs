//! Commands that sagas send: to which aggregate they go, and when they come there.

use std::sync::Arc;

use annals::{Clock, Timestamp};

/// Where a command goes, and as what when it comes there. A repeat may come later: it is told what came
/// of the first.
pub(crate) fn at_its_time<C, Id: Into<String>, To>(
    clock: &Arc<dyn Clock>,
    address: fn(C, Timestamp) -> (Id, To),
) -> impl Fn(C) -> (String, To) + use<C, Id, To> {
    let clock = Arc::clone(clock);
    move |asked| {
        let (id, command) = address(asked, clock.now());
        (id.into(), command)
    }
}
