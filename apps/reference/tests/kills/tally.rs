//! What was killed at which step, and how often.

use std::collections::BTreeMap;
use std::fmt;

use crate::books::Books;
use crate::runs::Kind;

/// Sagas that were under way when something was killed, by kind and last step.
#[derive(Default)]
pub(crate) struct Tally {
    kills: usize,
    killed: BTreeMap<(String, String), usize>,
}

impl Tally {
    /// Counts what is under way as killed.
    pub(crate) fn count(&mut self, books: &Books) {
        self.kills += 1;
        for (saga, step) in books.under_way() {
            let (_, id) = saga.split_once('/').unwrap();
            let (kind, _) = id.split_once('-').unwrap();
            let killed = (kind.to_owned(), step.to_owned());
            *self.killed.entry(killed).or_default() += 1;
        }
    }

    /// How often something was killed.
    pub(crate) fn kills(&self) -> usize {
        self.kills
    }

    /// How many were killed.
    pub(crate) fn runs(&self) -> usize {
        self.killed.values().sum()
    }

    /// The steps after which none was killed.
    pub(crate) fn missing(&self) -> Vec<(String, &'static str)> {
        let steps = Kind::all().flat_map(|kind| {
            let steps = kind.steps().iter();
            steps.map(move |step| (format!("{kind:?}"), *step))
        });
        let was_killed = |(kind, step): &(String, &str)| {
            let key = (kind.clone(), (*step).to_owned());
            self.killed.contains_key(&key)
        };
        steps.filter(|step| !was_killed(step)).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} runs in {} kills:", self.runs(), self.kills)?;
        for ((kind, step), times) in &self.killed {
            writeln!(f, "{times:>6}  {kind} after {step}")?;
        }
        Ok(())
    }
}
