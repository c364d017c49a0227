//! Many simulations, and what they showed together.

use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use crate::at_once::AtOnce;
use crate::faults::Met;
use crate::flaw::Flaw;
use crate::simulation::{Plan, Seen, simulate};

/// Names the one seed to be played again.
const SEED: &str = "ANNALS_SEED";

/// Of each shop. Two sagas work on each.
const ORDERS: usize = 50;

/// How many sagas there are in a shop.
pub(crate) const SAGAS: u64 = 2 * ORDERS as u64;

#[derive(Debug, Default)]
pub(crate) struct Proof {
    pub(crate) sagas: u64,
    pub(crate) completed: u64,
    pub(crate) compensated: u64,
    pub(crate) cancelled: u64,
    pub(crate) parkings: u64,
    pub(crate) skips: u64,
    pub(crate) positions: u64,
    pub(crate) in_vain: u64,
    pub(crate) kills: u64,
    pub(crate) cut: u64,
    pub(crate) pauses: u64,
    pub(crate) repeats: u64,
    pub(crate) met: Met,
}

/// Simulates the shops of some seeds, so many at once, each on a store of its own. `None`: a seed was
/// asked for, and this proof is another's or of that seed alone.
///
/// # Panics
/// When anything is wrong in one of them.
#[expect(clippy::print_stdout, reason = "the figures are for people to read")]
pub(crate) fn prove(
    seeds: Range<u64>,
    at_once: usize,
    store: impl Fn() -> AtOnce + Sync,
) -> Option<Proof> {
    let asked = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
    let seeds = seeds.filter(|seed| asked.is_none_or(|asked: u64| asked == *seed));
    let (seeds, proof) = (Mutex::new(seeds), Mutex::new(Proof::default()));
    let next = || seeds.lock().unwrap().next();
    thread::scope(|threads| {
        for _ in 0..at_once {
            threads.spawn(|| {
                while let Some(seed) = next() {
                    let seen = seen_in(seed, store());
                    proof.lock().unwrap().add(seen);
                }
            });
        }
    });
    let proof = proof.into_inner().unwrap();
    println!("{proof}");
    asked.is_none().then_some(proof)
}

fn seen_in(seed: u64, store: AtOnce) -> Seen {
    let plan = Plan {
        seed,
        orders: ORDERS,
        flaw: Flaw::None,
    };
    simulate(store, plan).unwrap_or_else(|wrong| panic!("{SEED}={seed}: {wrong}"))
}

impl Proof {
    fn add(&mut self, seen: Seen) {
        self.sagas += seen.completed + seen.compensated + seen.cancelled;
        self.completed += seen.completed;
        self.compensated += seen.compensated;
        self.cancelled += seen.cancelled;
        self.parkings += seen.parkings;
        self.skips += seen.skips;
        self.positions += seen.positions;
        self.in_vain += seen.in_vain;
        self.kills += seen.kills;
        self.cut += seen.cut;
        self.pauses += seen.pauses;
        self.repeats += seen.repeats;
        for (met, times) in seen.met {
            *self.met.entry(met).or_default() += times;
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: u64 = self.met.values().sum();
        write!(
            f,
            "{} sagas: {} completed, {} compensated, {} cancelled, {} times parked, {} skipped; \
             {faults} faults of commands, {} kills amid {} things, {} pauses, {} events again, \
             {} inputs in vain; balanced at {} positions",
            self.sagas,
            self.completed,
            self.compensated,
            self.cancelled,
            self.parkings,
            self.skips,
            self.kills,
            self.cut,
            self.pauses,
            self.repeats,
            self.in_vain,
            self.positions,
        )
    }
}
