//! Which orders of events are tried.

use std::collections::HashSet;

use annals_core::RecordedEvent;

use super::deposited;
use crate::conformance::Random;
use crate::given::happened::{happened, record};
use crate::given::interleavings::{MOST, all, one};

/// A log of these streams' events, by the letter of each stream.
fn log(streams: &str) -> Vec<RecordedEvent> {
    let event = |stream| happened(&format!("Account-{stream}"), deposited(1));
    record(streams.chars().map(event))
}

fn letters(log: &[RecordedEvent]) -> String {
    log.iter().map(|event| event.stream.id()).collect()
}

#[test]
fn a_few_orders_are_tried_all() {
    let orders = all(&log("abb")).unwrap();
    let orders: Vec<String> = orders.iter().map(|order| letters(order)).collect();
    assert_eq!(orders, ["abb", "bab", "bba"]);
    assert_eq!(all(&log("aaaaaaaaaaaaaaaaaaaa")).unwrap().len(), 1);
    assert!(all(&log("abcabcabc")).is_none());
}

#[test]
fn streams_keep_their_order_and_positions_are_dense() {
    let given = log("abcabcabc");
    let mut random = Random::seeded(1);
    let mut seen = HashSet::new();
    for _ in 0..MOST {
        let order = one(&given, &mut random);
        let positions: Vec<u64> = order.iter().map(|event| event.position.0).collect();
        assert_eq!(positions, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for stream in ["a", "b", "c"] {
            let of_stream = order.iter().filter(|event| event.stream.id() == stream);
            let versions: Vec<u64> = of_stream.map(|event| event.version.0).collect();
            assert_eq!(versions, [1, 2, 3]);
        }
        seen.insert(letters(&order));
    }
    // Of 1,680 orders.
    assert!(seen.len() > MOST / 2, "{}", seen.len());
}
