//! The proof proves something: with a bug in what sagas rely on, it fails.

use annals::embedded::EmbeddedStore;

use crate::at_once::AtOnce;
use crate::flaw::Flaw;
use crate::simulation::{Plan, simulate};

/// What is wrong with one of the first shops that have a flaw.
fn convicted(flaw: Flaw) -> String {
    let wrong = (0..40).find_map(|seed| {
        let store = AtOnce::of(EmbeddedStore::in_memory().unwrap());
        let orders = 4;
        simulate(store, Plan { seed, orders, flaw }).err()
    });
    wrong.unwrap_or_else(|| panic!("nothing is wrong with {flaw:?}"))
}

#[test]
fn keys_that_are_lost() {
    convicted(Flaw::KeysAreLost);
}

#[test]
fn keys_that_differ_by_attempt() {
    convicted(Flaw::KeysDifferByAttempt);
}

#[test]
fn a_receiver_that_does_not_remember() {
    let wrong = convicted(Flaw::CourierForgets);
    assert!(wrong.contains("ship"), "{wrong}");
}

#[test]
fn refusals_that_do_not_last() {
    convicted(Flaw::RefusalsPass);
}

#[test]
fn appends_that_are_acknowledged_and_not_written() {
    convicted(Flaw::AcknowledgedUnwritten);
}

#[test]
fn instances_that_overwrite_each_other() {
    convicted(Flaw::ExpectedVersionIgnored);
}

#[test]
fn reads_that_lack_the_last_event() {
    convicted(Flaw::ReadsAreStale);
}

#[test]
fn timers_that_are_forgotten_at_a_restart() {
    let wrong = convicted(Flaw::RowsAreForgotten);
    assert!(wrong.contains("goes on and on"), "{wrong}");
}

#[test]
fn events_that_count_as_brought_too_early() {
    let wrong = convicted(Flaw::CheckpointComesFirst);
    assert!(
        wrong.contains("was forgotten") || wrong.contains("goes on"),
        "{wrong}"
    );
}
