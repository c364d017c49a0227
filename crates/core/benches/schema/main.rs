//! What it costs to read an event of an older version, or with personal data, beside one of the
//! newest version: all in one run, by turns.
//!
//! `cargo xtask bench schema`; docs/benchmarks/schema.md is made of what it prints.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod events;
mod steps;

use std::hint::black_box;
use std::time::Instant;

use annals_core::{Event, RecordedEvent, decode};
use events::{BY_JSON, BY_TYPES, Deposit, NEWEST, OLDEST, PersonalDeposit};

const ROUNDS: usize = 600;
/// Events that are read in a round of each case: few enough to stay in the cache, as those of a batch
/// that was just read do.
const EVENTS: usize = 500;

/// One way to store the same deposit.
struct Case {
    name: &'static str,
    record: RecordedEvent,
    /// Reads these events; nanoseconds for each.
    read: fn(Vec<RecordedEvent>) -> f64,
    /// What each round took.
    took: Vec<f64>,
}

impl Case {
    fn new<E: Event>(name: &'static str, record: RecordedEvent) -> Self {
        Self {
            name,
            record,
            read: read::<E>,
            took: Vec::with_capacity(ROUNDS),
        }
    }

    fn run(&mut self) {
        let records = vec![self.record.clone(); EVENTS];
        self.took.push((self.read)(records));
    }

    fn median(&mut self) -> f64 {
        self.took.sort_by(f64::total_cmp);
        self.took[self.took.len() / 2]
    }
}

/// From the record, with the bytes of its payload in it, to the event beside it; and letting go of
/// both.
#[expect(
    clippy::cast_precision_loss,
    reason = "a round takes far less than 2^52 ns"
)]
fn read<E: Event>(records: Vec<RecordedEvent>) -> f64 {
    let started = Instant::now();
    for record in records {
        let read = decode::<E>(record).expect("each case can be read");
        drop(black_box(read));
    }
    started.elapsed().as_nanos() as f64 / EVENTS as f64
}

fn main() {
    let mut cases = [
        Case::new::<Deposit>("the newest version", events::plain(BY_JSON, NEWEST)),
        Case::new::<Deposit>("three steps on JSON", events::plain(BY_JSON, OLDEST)),
        Case::new::<Deposit>("three steps of types", events::plain(BY_TYPES, OLDEST)),
        Case::new::<PersonalDeposit>("one sealed field", events::sealed(NEWEST)),
        Case::new::<PersonalDeposit>("the same, three steps on JSON", events::sealed(OLDEST)),
        Case::new::<Deposit>("the newest version in MessagePack", events::packed()),
    ];
    for _ in 0..ROUNDS {
        cases.iter_mut().for_each(Case::run);
    }
    let newest = cases[0].median();
    println!("| what is read | median ns | times the newest version |");
    println!("|---|---|---|");
    for case in &mut cases {
        let took = case.median();
        println!("| {} | {took:.0} | {:.2} |", case.name, took / newest);
    }
}
