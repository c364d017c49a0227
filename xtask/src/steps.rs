//! Steps that run one after the other, each timed, and a summary at the end.

use std::time::{Duration, Instant};

use crate::error::Error;

/// The steps that ran so far. A failed step does not keep the next from running: one run shows everything.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: &'static str,
    outcome: Outcome,
}

enum Outcome {
    Passed(Duration),
    Failed(Duration),
    Skipped(String),
}

impl Steps {
    /// Runs a step and notes how it went; what it made, unless it failed.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T, Error>,
    ) -> Option<T> {
        println!("\n── {name}");
        let started = Instant::now();
        let result = step();
        let took = started.elapsed();
        let outcome = match &result {
            Ok(_) => Outcome::Passed(took),
            Err(error) => {
                println!("{error}");
                Outcome::Failed(took)
            }
        };
        self.note(name, outcome);
        result.ok()
    }

    /// Notes that a step does not run, and why.
    pub(crate) fn skip(&mut self, name: &'static str, reason: String) {
        println!("\n── {name}");
        self.note(name, Outcome::Skipped(reason));
    }

    /// Prints the summary.
    pub(crate) fn finish(self) -> Result<(), Error> {
        println!("\n── summary");
        for step in &self.done {
            println!("{}", step.line());
        }
        let failed = self.done.iter().filter(|step| step.failed());
        let names: Vec<_> = failed.map(|step| step.name).collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(Error::StepsFailed { names })
    }

    fn note(&mut self, name: &'static str, outcome: Outcome) {
        let step = Step { name, outcome };
        println!("{}", step.line());
        self.done.push(step);
    }
}

impl Step {
    fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    fn line(&self) -> String {
        let name = self.name;
        match &self.outcome {
            Outcome::Passed(took) => format!("ok       {name:<20} {:>7.1} s", took.as_secs_f64()),
            Outcome::Failed(took) => format!("FAILED   {name:<20} {:>7.1} s", took.as_secs_f64()),
            Outcome::Skipped(reason) => format!("skipped: {name}: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_whole_and_the_next_still_runs() {
        let mut steps = Steps::default();
        let mut next_ran = false;
        steps.run("first", || Err::<(), _>(Error::NoTestData));
        steps.run("second", || {
            next_ran = true;
            Ok(())
        });
        let error = steps.finish().expect_err("the first step failed");
        assert_eq!(error.to_string(), "failed: first");
        assert!(next_ran);
    }

    #[test]
    fn a_skipped_step_fails_nothing() {
        let mut steps = Steps::default();
        steps.skip("first", "nothing to do".to_owned());
        assert!(steps.finish().is_ok());
    }
}
