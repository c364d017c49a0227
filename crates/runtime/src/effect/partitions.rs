//! Which events stay in order with each other.

use std::collections::HashMap;

use annals_core::{Effect, RecordedEvent, partition_of};

/// The events of each partition, in order; the partition of the earliest event first.
pub(super) fn by_partition<'a, E: Effect>(
    events: &[&'a RecordedEvent],
) -> Vec<Vec<&'a RecordedEvent>> {
    let mut partitions: Vec<Vec<&RecordedEvent>> = Vec::new();
    let mut places = HashMap::new();
    for event in events {
        let next = partitions.len();
        let place = *places.entry(partition_of::<E>(event)).or_insert(next);
        if place == next {
            partitions.push(Vec::new());
        }
        partitions[place].push(event);
    }
    partitions
}
