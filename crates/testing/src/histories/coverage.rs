//! Which stored shapes no history holds.

use annals_core::Event;

use super::file::{History, StoredEvent};

/// A text for each version of an event type, and each retired type, that is nowhere in the histories.
pub(super) fn gaps<E: Event>(histories: &[History]) -> Vec<String> {
    let mut gaps = Vec::new();
    let mut expect = |held: bool, shape: String| {
        if !held {
            gaps.push(format!("no history holds {shape}: add one that does"));
        }
    };
    for schema in E::SCHEMAS {
        let is_named = |name: &str| schema.name == name || schema.aliases.contains(&name);
        for version in 1..=schema.version {
            let held = holds(histories, |it| is_named(&it.name) && it.version == version);
            expect(held, format!("{} version {version}", schema.name));
        }
    }
    for retired in E::RETIRED {
        let held = holds(histories, |it| it.name == retired.name);
        expect(held, format!("{}, which is retired", retired.name));
    }
    gaps
}

fn holds(histories: &[History], is_it: impl Fn(&StoredEvent) -> bool) -> bool {
    let mut events = histories.iter().flat_map(|it| &it.recorded.events);
    events.any(is_it)
}
