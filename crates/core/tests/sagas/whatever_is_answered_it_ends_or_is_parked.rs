//! Random answers, timers and people, in any order.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::errand::{Run, counted};

/// What happens next. Numbers pick one of the open calls.
#[derive(Debug, Clone)]
enum Happens {
    Done(usize),
    Refused(usize),
    GivenUp(usize),
    TimedOut,
    Retry,
    Skip,
    Compensate,
    /// An answer to a call that may not be open.
    Stray(usize),
}

const CALLS: [&str; 10] = [
    "reserve",
    "pay",
    "pack",
    "send",
    "thank",
    "undo reserve",
    "undo pay",
    "undo pack",
    "undo send",
    "once undone",
];

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => any::<usize>().prop_map(Happens::Done),
        2 => any::<usize>().prop_map(Happens::Refused),
        2 => any::<usize>().prop_map(Happens::GivenUp),
        1 => Just(Happens::TimedOut),
        2 => Just(Happens::Retry),
        1 => Just(Happens::Skip),
        1 => Just(Happens::Compensate),
        1 => any::<usize>().prop_map(Happens::Stray),
    ]
}

/// A run, and what the receivers of its calls have seen.
struct Seen {
    run: Run,
    /// The numbers of steps that were carried out, or may have been.
    touched: BTreeSet<(String, u64)>,
    /// Calls that were carried out, as often as that happened.
    carried_out: Vec<String>,
    skipped: bool,
}

impl Seen {
    fn new() -> Self {
        Self {
            run: Run::new(),
            touched: BTreeSet::new(),
            carried_out: Vec::new(),
            skipped: false,
        }
    }

    fn pick(&self, number: usize) -> Option<String> {
        let open = self.run.open();
        (!open.is_empty()).then(|| open[number % open.len()].to_owned())
    }

    fn touch(&mut self, call: &str) {
        self.touched
            .insert((call.to_owned(), self.run.number(call)));
    }

    fn happens(&mut self, what: &Happens) {
        match what {
            Happens::Done(number) => {
                let Some(call) = self.pick(*number) else {
                    return;
                };
                self.touch(&call);
                self.run.done(&call);
                self.carried_out.push(call);
            }
            Happens::Refused(number) => {
                let Some(call) = self.pick(*number) else {
                    return;
                };
                let call_number = self.run.number(&call);
                self.touched.remove(&(call.clone(), call_number));
                self.run.refused(&call);
            }
            Happens::GivenUp(number) => {
                let Some(call) = self.pick(*number) else {
                    return;
                };
                self.touch(&call);
                self.run.given_up(&call);
            }
            Happens::TimedOut => drop(self.run.timed_out()),
            Happens::Retry => drop(self.run.retry()),
            Happens::Skip => {
                self.skipped |= self.run.parked().is_some();
                self.run.skip();
            }
            Happens::Compensate => drop(self.run.compensate()),
            Happens::Stray(number) => {
                let call = CALLS[number % CALLS.len()];
                if !self.run.open().contains(&call) {
                    self.run.done(call);
                }
            }
        }
    }

    fn check(&self) {
        let is_open = !self.run.open().is_empty();
        let states = [
            is_open,
            self.run.parked().is_some(),
            self.run.instance.has_ended(),
        ];
        let states = states.iter().filter(|is_so| **is_so).count();
        assert_eq!(states, 1, "{:?}", self.run.instance);
        for (call, times) in counted(&self.carried_out) {
            assert_eq!(times, 1, "{call} was carried out {times} times");
        }
    }

    /// When it is compensated and nobody skipped anything, what was touched is undone, and nothing else.
    fn check_undone(&self) {
        let undone = self.carried_out.iter();
        let undone: BTreeSet<_> = undone
            .filter_map(|call| call.strip_prefix("undo "))
            .collect();
        let touched = self.touched.iter().map(|(step, _)| step.as_str());
        let can_be_undone = |step: &&str| ["reserve", "pay", "pack", "send"].contains(step);
        let touched: BTreeSet<_> = touched.filter(can_be_undone).collect();
        assert_eq!(undone, touched);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_open_or_parked_or_over_and_what_was_touched_is_undone_once(all in vec(happens(), 0..60)) {
        let mut seen = Seen::new();
        seen.check();
        for what in &all {
            seen.happens(what);
            seen.check();
        }
        // From here on everything succeeds, and somebody retries what is parked.
        while !seen.run.instance.has_ended() {
            seen.happens(&Happens::Retry);
            seen.happens(&Happens::Done(0));
            seen.check();
        }
        if seen.run.compensated().is_some() && !seen.skipped {
            seen.check_undone();
        }
    }
}
