//! The saga that goes through declared steps, forwards and back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::decode::Recorded;

use super::steps::{SagaStep, Steps};
use super::{Answer, Asked, Call, Decision, Ending, Input, Route, Saga};

/// The timer of the whole saga.
const TIMEOUT: &str = "timeout";

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
    open: BTreeSet<String>,
    /// What was answered to steps of this stage.
    replies: BTreeMap<String, Value>,
    /// Steps that were done, or may have been, in order.
    touched: Vec<String>,
    /// Steps of this stage that failed.
    failed: Vec<String>,
    /// Why it is undone, or waits.
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
            reason: None,
        }
    }
}

impl<S: Steps> Saga for Stepped<S> {
    const NAME: &'static str = S::NAME;
    const VERSION: u32 = S::VERSION;
    const CATEGORIES: &'static [&'static str] = S::CATEGORIES;
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
}

impl<S: Steps> Stepped<S> {
    fn begin(&mut self, event: &Recorded<S::Event>) -> Vec<Decision> {
        let Some((_, saga)) = S::begin(event) else {
            return Vec::new();
        };
        self.saga = Some(saga);
        let timeout = S::TIMEOUT.map(|after| Decision::timer(TIMEOUT, after));
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
        if self.course == Course::TurnsBack {
            return self.go_back();
        }
        if self.failed.is_empty() {
            return self.next_stage();
        }
        if self.has_no_way_back() {
            let reason = self.reason.clone().unwrap_or_default();
            let reason = format!(
                "no way back, and {} failed: {reason}",
                self.failed.join(", ")
            );
            return vec![Decision::Park { reason }];
        }
        self.go_back()
    }

    fn next_stage(&mut self) -> Vec<Decision> {
        self.note_replies();
        let was_pivot = self.is_at_pivot();
        self.stage += 1;
        let timeout = was_pivot.then(no_timeout::<S>).flatten();
        timeout.into_iter().chain(self.begin_stage()).collect()
    }

    /// In the order of the steps, whichever was answered first.
    fn note_replies(&mut self) {
        let Some(saga) = &mut self.saga else { return };
        for step in S::stages().iter().flat_map(|stage| &stage.steps) {
            if let Some(reply) = self.replies.remove(step.name) {
                step.note(saga, reply);
            }
        }
    }

    /// True past the pivot, and at it while nobody knows whether it was done.
    fn has_no_way_back(&self) -> bool {
        let is_unknown = |step: &String| self.touched.contains(step);
        self.is_past_pivot() || self.is_at_pivot() && self.failed.iter().any(is_unknown)
    }

    fn is_past_pivot(&self) -> bool {
        let stages = S::stages();
        stages.iter().take(self.stage).any(|stage| stage.is_pivot)
    }

    fn is_at_pivot(&self) -> bool {
        S::stages().get(self.stage).is_some_and(|at| at.is_pivot)
    }

    fn go_back(&mut self) -> Vec<Decision> {
        self.note_replies();
        self.course = Course::Back;
        let timeout = no_timeout::<S>();
        timeout.into_iter().chain(self.undo_next()).collect()
    }

    /// Undoes what was done last of what is not undone; if nothing is left, it is over.
    fn undo_next(&mut self) -> Vec<Decision> {
        while let (Some(last), Some(saga)) = (self.touched.last(), &self.saga) {
            let undoing = with_step::<S, _>(last, |step| step.undoing(saga));
            if let Some(call) = undoing.flatten() {
                return self.make(vec![call]);
            }
            self.touched.pop();
        }
        let reason = self.reason.clone().unwrap_or_default();
        vec![Decision::End(Ending::Compensated { reason })]
    }

    fn undone(&mut self, call: &str, answer: &Answer) -> Vec<Decision> {
        let reason = match answer {
            Answer::Done(_) => {
                self.touched.pop();
                return self.undo_next();
            }
            Answer::Refused(reason) => reason.to_string(),
            Answer::GaveUp { error } => error.clone(),
        };
        let reason = format!("{call} failed: {reason}");
        vec![Decision::Park { reason }]
    }

    /// It goes back once the calls that are open are answered. The pivot decides for itself.
    fn timed_out(&mut self) -> Vec<Decision> {
        let is_before_pivot = !self.is_at_pivot() && !self.is_past_pivot();
        if self.course == Course::Forwards && is_before_pivot {
            self.course = Course::TurnsBack;
            self.reason.get_or_insert_with(|| json!("it took too long"));
        }
        Vec::new()
    }

    /// Only one that is parked can be asked to retry or to skip.
    fn asked(&mut self, asked: &Asked) -> Vec<Decision> {
        if let Asked::Compensate { reason } = asked
            && self.course == Course::Forwards
        {
            self.course = Course::TurnsBack;
            self.reason = Some(json!(reason));
        }
        if !self.open.is_empty() {
            return Vec::new();
        }
        let more = match (asked, self.course) {
            (_, Course::TurnsBack) => self.go_back(),
            (Asked::Skip { .. }, Course::Back) => {
                self.touched.pop();
                self.undo_next()
            }
            (_, Course::Back) => self.undo_next(),
            (Asked::Skip { .. }, Course::Forwards) => self.skip_failed(),
            (_, Course::Forwards) => self.call_failed_again(),
        };
        std::iter::once(Decision::Resume).chain(more).collect()
    }

    /// Somebody has seen to it: what failed is as good as done, and undone like that.
    fn skip_failed(&mut self) -> Vec<Decision> {
        self.reason = None;
        for step in std::mem::take(&mut self.failed) {
            if !self.touched.contains(&step) {
                self.touched.push(step);
            }
        }
        self.next_stage()
    }

    /// The failed steps of this stage, once more.
    fn call_failed_again(&mut self) -> Vec<Decision> {
        self.reason = None;
        let failed = std::mem::take(&mut self.failed);
        // Whether they were done before is told by the next answer.
        self.touched.retain(|step| !failed.contains(step));
        let Some(saga) = &self.saga else {
            return Vec::new();
        };
        let again = failed.iter();
        let again = again.filter_map(|step| with_step::<S, _>(step, |step| step.call(saga)));
        let calls = again.collect();
        self.make(calls)
    }
}

fn no_timeout<S: Steps>() -> Option<Decision> {
    S::TIMEOUT.map(|_| Decision::CancelTimer {
        name: TIMEOUT.to_owned(),
    })
}

fn with_step<S: Steps, T>(name: &str, look: impl FnOnce(&SagaStep<S>) -> T) -> Option<T> {
    let stages = S::stages();
    let mut steps = stages.iter().flat_map(|stage| &stage.steps);
    steps.find(|step| step.name == name).map(look)
}
