//! What the golden samples are read as, held against what they were read as.

use super::standing::Standing;
use crate::catalogue::Catalogue;
use crate::declared::DeclaredEvents;
use crate::difference::{Change, Difference, of_values};
use crate::directory::{Directory, sample_path};
use crate::fault::SchemaFault;
use crate::sample::Outcome;

/// What is wrong with each.
pub(super) fn faults<'a>(
    catalogue: &'a Catalogue,
    recorded: &'a Directory,
) -> impl Iterator<Item = SchemaFault> + 'a {
    let samples = recorded.samples();
    samples.filter_map(|(name, version, number, sample)| {
        let reader = catalogue.reader_of(name)?;
        let path = sample_path(name, version, number);
        let differences = match (reader.read)(name, version, sample) {
            Ok(now) => differences((&sample.becomes, &now), reader, recorded),
            Err(fault) => return Some(SchemaFault::SampleFails { path, fault }),
        };
        let is_the_same = differences.is_empty();
        (!is_the_same).then_some(SchemaFault::SampleDiffers { path, differences })
    })
}

fn differences(
    (then, now): (&[Outcome], &[Outcome]),
    reader: &DeclaredEvents,
    recorded: &Directory,
) -> Vec<Difference> {
    if !are_the_same_events(then, now, reader) {
        return vec![Difference {
            path: String::new(),
            change: Change::Value,
            before: names(then),
            after: names(now),
        }];
    }
    let parts = then.iter().zip(now);
    let found = parts.flat_map(|(then, part)| {
        let path = if now.len() > 1 { &part.event } else { "" };
        let mut found = of_values(path, &then.payload, &part.payload);
        let event = reader.reading(&part.event);
        let standing = event.map(|event| Standing::of(event, recorded));
        found.retain(|change| !passes(change, standing.as_ref()));
        found
    });
    found.collect()
}

fn are_the_same_events(then: &[Outcome], now: &[Outcome], reader: &DeclaredEvents) -> bool {
    let is_the_same_event = |(then, now): (&Outcome, &Outcome)| {
        let event = reader.reading(&now.event);
        event.is_some_and(|event| event.names().any(|name| name == then.event))
    };
    then.len() == now.len() && then.iter().zip(now).all(is_the_same_event)
}

/// A version that is not accepted yet reads otherwise everywhere, which is a fault of its own; and one
/// that takes more may say more.
fn passes(change: &Difference, standing: Option<&Standing>) -> bool {
    match standing {
        Some(Standing::NewVersion | Standing::New) => true,
        Some(Standing::Widened) => change.before.is_empty(),
        _ => false,
    }
}

fn names(outcomes: &[Outcome]) -> String {
    let names: Vec<&str> = outcomes
        .iter()
        .map(|outcome| outcome.event.as_str())
        .collect();
    match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(", "),
    }
}
