//! The saga that goes through declared steps, forwards and back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::decode::Recorded;
use crate::effect::EffectStart;

use super::steps::{SagaStep, Steps, TOOK_TOO_LONG, undoing};
use super::{Answer, Call, Decision, Input, Route, Saga};

mod asked;
mod back;

/// The timer of the whole saga.
const TIMEOUT: &str = "timeout";

/// The call that tells somebody that all was undone.
const ONCE_UNDONE: &str = "once undone";

/// The saga that goes through the stages of `S`.
///
/// Until it is over, calls are open or it is parked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stepped<S> {
    saga: Option<S>,
    /// Which stage it is at.
    stage: usize,
    course: Course,
    /// Calls that are not answered.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    open: BTreeSet<String>,
    /// What was answered to steps of this stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    replies: BTreeMap<String, Value>,
    /// Steps that were done, or may have been, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    touched: Vec<String>,
    /// Steps of this stage that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failed: Vec<String>,
    /// Those of them of which nobody knows whether they were done.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unknown: BTreeSet<String>,
    /// True if whoever is to be told that all was undone has been.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_told: bool,
    /// Why it is undone, or waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Value>,
}

/// Which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Course {
    Forwards,
    /// Back, once the calls that are open are answered.
    TurnsBack,
    Back,
}

impl<S> Default for Stepped<S> {
    fn default() -> Self {
        Self {
            saga: None,
            stage: 0,
            course: Course::Forwards,
            open: BTreeSet::new(),
            replies: BTreeMap::new(),
            touched: Vec::new(),
            failed: Vec::new(),
            unknown: BTreeSet::new(),
            is_told: false,
            reason: None,
        }
    }
}

impl<S: Steps> Saga for Stepped<S> {
    const NAME: &'static str = S::NAME;
    const VERSION: u32 = S::VERSION;
    const CATEGORIES: &'static [&'static str] = S::CATEGORIES;
    const START: EffectStart = S::START;
    type Event = S::Event;

    fn route(event: &Recorded<S::Event>) -> Route {
        S::begin(event).map_or(Route::Nobody, |(instance, _)| Route::Start(instance))
    }

    fn react(&mut self, input: &Input<S::Event>) -> Vec<Decision> {
        match input {
            Input::Event(event) if self.saga.is_none() => self.begin(event),
            // It was started by an event of the same instance before.
            Input::Event(_) => Vec::new(),
            Input::Answer { call, answer } if self.open.remove(call) => match self.course {
                Course::Back => self.undone(call, answer),
                _ => self.done(call, answer),
            },
            Input::Answer { .. } => Vec::new(),
            Input::Timer { .. } => self.timed_out(),
            Input::Asked(asked) => self.asked(asked),
        }
    }

    fn migrate(version: u32, state: &Value) -> Option<Value> {
        let mut state = state.clone();
        let saga = S::migrate(version, state.get("saga")?)?;
        state["saga"] = serde_json::to_value(saga).ok()?;
        Some(state)
    }

    fn fault() -> Option<String> {
        let stages = S::stages();
        let mut calls = BTreeSet::from([ONCE_UNDONE.to_owned()]);
        let steps = stages.iter().flat_map(|stage| &stage.steps);
        let mut names = steps.flat_map(|step| [step.name.to_owned(), undoing(step.name)]);
        let twice = names.find(|name| !calls.insert(name.clone()))?;
        Some(format!(
            "several of its calls would have the name `{twice}`"
        ))
    }
}

impl<S: Steps> Stepped<S> {
    fn begin(&mut self, event: &Recorded<S::Event>) -> Vec<Decision> {
        let Some((_, saga)) = S::begin(event) else {
            return Vec::new();
        };
        let timeout = saga.timeout().map(|after| Decision::timer(TIMEOUT, after));
        self.saga = Some(saga);
        timeout.into_iter().chain(self.begin_stage()).collect()
    }

    /// The calls of the stage it is at, or of the next that has any; if there is none, it is over.
    fn begin_stage(&mut self) -> Vec<Decision> {
        let stages = S::stages();
        let mut ahead = stages.iter().enumerate().skip(self.stage);
        let next = ahead.find(|(_, stage)| !stage.steps.is_empty());
        let (Some((at, stage)), Some(saga)) = (next, &self.saga) else {
            return vec![Decision::complete()];
        };
        self.stage = at;
        let calls = stage.steps.iter().map(|step| step.call(saga)).collect();
        self.make(calls)
    }

    fn make(&mut self, calls: Vec<Call>) -> Vec<Decision> {
        self.open = calls.iter().map(|call| call.name.clone()).collect();
        calls.into_iter().map(Decision::Call).collect()
    }

    fn done(&mut self, call: &str, answer: &Answer) -> Vec<Decision> {
        match answer {
            Answer::Done(reply) => {
                self.replies.insert(call.to_owned(), reply.clone());
                self.touched.push(call.to_owned());
            }
            Answer::Refused(reason) => self.fail(call, reason),
            Answer::GaveUp { error } => {
                self.touched.push(call.to_owned());
                self.unknown.insert(call.to_owned());
                self.fail(call, &json!(error));
            }
        }
        match self.open.is_empty() {
            true => self.after_stage(),
            false => Vec::new(),
        }
    }

    fn fail(&mut self, call: &str, reason: &Value) {
        self.failed.push(call.to_owned());
        self.reason.get_or_insert_with(|| reason.clone());
    }

    fn after_stage(&mut self) -> Vec<Decision> {
        let is_forwards = self.course == Course::Forwards;
        if is_forwards && self.failed.is_empty() {
            return self.next_stage();
        }
        if is_forwards && self.has_no_way_back() {
            return self.park(|failed| format!("no way back, and {failed} failed"));
        }
        self.turn_back()
    }

    fn park(&self, what: impl FnOnce(String) -> String) -> Vec<Decision> {
        let what = what(self.failed.join(", "));
        let why = self.reason.clone().unwrap_or_default();
        let reason = format!("{what}: {why}");
        vec![Decision::Park { reason }]
    }

    fn next_stage(&mut self) -> Vec<Decision> {
        if let Err(parked) = self.note_replies() {
            return vec![parked];
        }
        let was_pivot = self.is_at_pivot();
        self.stage += 1;
        let timeout = self.no_timeout().filter(|_| was_pivot);
        timeout.into_iter().chain(self.begin_stage()).collect()
    }

    /// In the order of the steps, whichever was answered first. One that cannot be read is kept, and
    /// those behind it: other code may know it.
    fn note_replies(&mut self) -> Result<(), Decision> {
        let Some(saga) = &mut self.saga else {
            return Ok(());
        };
        for step in S::stages().iter().flat_map(|stage| &stage.steps) {
            if let Some(reply) = self.replies.get(step.name) {
                let noted = step.note(saga, reply.clone());
                noted.map_err(|error| unreadable(step.name, &error))?;
                self.replies.remove(step.name);
            }
        }
        Ok(())
    }

    /// True past the pivot, and at it while nobody knows whether it was done.
    fn has_no_way_back(&self) -> bool {
        self.is_past_pivot() || self.is_at_pivot() && !self.unknown.is_empty()
    }

    fn is_past_pivot(&self) -> bool {
        let stages = S::stages();
        stages.iter().take(self.stage).any(|stage| stage.is_pivot)
    }

    fn is_at_pivot(&self) -> bool {
        S::stages().get(self.stage).is_some_and(|at| at.is_pivot)
    }

    /// It goes back once the calls that are open are answered. The pivot decides for itself.
    fn timed_out(&mut self) -> Vec<Decision> {
        let is_before_pivot = !self.is_at_pivot() && !self.is_past_pivot();
        if self.course == Course::Forwards && is_before_pivot {
            self.course = Course::TurnsBack;
            self.reason.get_or_insert_with(|| json!(TOOK_TOO_LONG));
        }
        Vec::new()
    }

    fn no_timeout(&self) -> Option<Decision> {
        self.saga.as_ref()?.timeout()?;
        let name = TIMEOUT.to_owned();
        Some(Decision::CancelTimer { name })
    }
}

fn unreadable(step: &str, error: &serde_json::Error) -> Decision {
    let reason = format!("the reply of {step} cannot be read: {error}");
    Decision::Park { reason }
}

fn with_step<S: Steps, T>(name: &str, look: impl FnOnce(&SagaStep<S>) -> T) -> Option<T> {
    let stages = S::stages();
    let mut steps = stages.iter().flat_map(|stage| &stage.steps);
    steps.find(|step| step.name == name).map(look)
}
