//! Two hundred shops, each with a hundred sagas, by chance of the seeds 0 to 199: in four parts, since
//! each takes its time. `ANNALS_SEED=17` plays one of them, and it alone, again.

use annals::embedded::EmbeddedStore;

use crate::at_once::AtOnce;
use crate::faults::Fault;
use crate::flaw::Flaw;
use crate::proof::{Proof, SAGAS, prove};
use crate::simulation::{Plan, simulate};

/// So many sagas meet whatever there is to meet.
pub(crate) const ENOUGH: u64 = 5_000;

fn in_memory() -> AtOnce {
    AtOnce::of(EmbeddedStore::in_memory().unwrap())
}

fn part(first_seed: u64) {
    if let Some(proof) = prove(first_seed..first_seed + ENOUGH / SAGAS, 1, in_memory) {
        all_was_met(&proof);
    }
}

/// Whatever may go wrong did, and each fault met each command.
pub(crate) fn all_was_met(proof: &Proof) {
    assert!(proof.sagas >= ENOUGH, "{proof}");
    each_fault_met_each_command(proof);
    assert!(proof.kills > 50 && proof.cut > 50, "{proof}");
    assert!(proof.pauses > 50 && proof.repeats > 500, "{proof}");
    assert!(proof.compensated > 500 && proof.cancelled > 5, "{proof}");
    assert!(proof.parkings > 500 && proof.skips > 50, "{proof}");
}

/// Also each that undoes a step, and each of the other saga.
fn each_fault_met_each_command(proof: &Proof) {
    let steps = crate::checkout::PARTS.map(|(step, _)| step);
    let both = steps.into_iter().chain(["ship"]);
    let both = both.flat_map(|step| [step.to_owned(), format!("undo {step}")]);
    let others = ["cancel", "remind", "award", "thank"].map(str::to_owned);
    for command in both.chain(others) {
        for fault in Fault::ALL {
            let met = proof.met.get(&(command.clone(), fault));
            assert!(met.is_some(), "{fault:?} never met {command}");
        }
    }
}

#[test]
fn in_the_first_five_thousand() {
    part(0);
}

#[test]
fn in_the_second_five_thousand() {
    part(50);
}

#[test]
fn in_the_third_five_thousand() {
    part(100);
}

#[test]
fn in_the_fourth_five_thousand() {
    part(150);
}

#[test]
fn one_seed_has_one_course_of_events() {
    let plan = Plan {
        seed: 7,
        orders: 10,
        flaw: Flaw::None,
    };
    let [first, second] = [(); 2].map(|()| simulate(in_memory(), plan).unwrap());
    assert!(first.trace.len() > 200, "{}", first.trace.len());
    assert_eq!(first.trace, second.trace);
}
