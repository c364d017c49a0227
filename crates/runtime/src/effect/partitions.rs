//! Which events stay in order with each other.

use std::collections::HashMap;

use annals_core::{Effect, PartitionKey, RecordedEvent, partition_of};

/// The events of each partition, in order; the partition of the earliest event first.
///
/// What comes behind an event that cannot be read, in its stream, waits for that, as it does once
/// that is parked: then their partitions are one.
pub(super) fn by_partition<'a, E: Effect>(
    events: &[&'a RecordedEvent],
) -> Vec<Vec<&'a RecordedEvent>> {
    let mut partitions: Vec<Vec<&RecordedEvent>> = Vec::new();
    let mut places = HashMap::new();
    for event in events {
        let next = partitions.len();
        let mut place = *places.entry(partition_of::<E>(event)).or_insert(next);
        if place == next {
            partitions.push(Vec::new());
        }
        if let Some(&of_stream) = places.get(&PartitionKey::of_stream(&event.stream))
            && of_stream != place
        {
            let (into, from) = (place.min(of_stream), place.max(of_stream));
            join(&mut partitions, into, from);
            let joined = places.values_mut().filter(|place| **place == from);
            joined.for_each(|place| *place = into);
            place = into;
        }
        partitions[place].push(event);
    }
    partitions.retain(|partition| !partition.is_empty());
    partitions
}

/// Moves the events of one partition to those of another.
fn join(partitions: &mut [Vec<&RecordedEvent>], into: usize, from: usize) {
    let moved = std::mem::take(&mut partitions[from]);
    partitions[into].extend(moved);
    partitions[into].sort_by_key(|event| event.position);
}
