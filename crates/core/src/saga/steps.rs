//! Sagas declared as steps, each beside what undoes it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::{Command, Request};
use crate::decode::Recorded;
use crate::typed_event::Event;

use super::{Answer, Asked, Call, Decision, Ending, Input, InstanceId, RetryPolicy, Route, Saga};

/// The timer of the whole saga.
const TIMEOUT: &str = "timeout";

/// A saga as a list of stages: do this, then that; if one fails for good, undo what was done, in
/// reverse.
///
/// [`Stepped`] is the [`Saga`] that goes through them.
pub trait Steps: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name its instances are kept under.
    const NAME: &'static str;
    /// Which definition this is: see [`Saga::VERSION`].
    const VERSION: u32 = 1;
    /// The events that start it.
    type Event: Event;
    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];
    /// How long it may take until it is past its pivot; then it is undone. `None`: as long as it takes.
    const TIMEOUT: Option<Duration> = None;

    /// What an event starts, if it does.
    fn begin(event: &Recorded<Self::Event>) -> Option<(InstanceId, Self)>;

    /// What is to be done, in order.
    fn stages() -> Vec<Stage<Self>>;
}

/// Steps that are done beside each other; the next stage begins once all of them are done.
pub struct Stage<S> {
    steps: Vec<SagaStep<S>>,
    is_pivot: bool,
}

/// One step: a command, and the one that undoes it.
pub struct SagaStep<S> {
    name: &'static str,
    request: Box<dyn Fn(&S) -> Request>,
    note: Box<dyn Fn(&mut S, &Value)>,
    undo: Option<Box<dyn Fn(&S) -> Request>>,
    retry: RetryPolicy,
    undo_retry: RetryPolicy,
}

impl<S> Stage<S> {
    /// One step.
    pub fn of(step: SagaStep<S>) -> Self {
        Self::all([step])
    }

    /// Several steps beside each other. Their names differ.
    pub fn all(steps: impl IntoIterator<Item = SagaStep<S>>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            is_pivot: false,
        }
    }

    /// The same stage; once it is done there is no way back. What fails behind it waits for a person.
    #[must_use]
    pub fn pivot(mut self) -> Self {
        self.is_pivot = true;
        self
    }
}

impl<S> SagaStep<S> {
    /// A step that sends a command. Nothing undoes it.
    pub fn new<C: Command>(name: &'static str, command: impl Fn(&S) -> C + 'static) -> Self {
        Self {
            name,
            request: Box::new(move |saga| Request::of(&command(saga))),
            note: Box::new(|_, _| {}),
            undo: None,
            retry: RetryPolicy::default(),
            undo_retry: RetryPolicy::default(),
        }
    }

    /// The same step, undone by a command. It must do no harm where the step was not carried out: when
    /// no answer came, nobody knows.
    #[must_use]
    pub fn undone_by<C: Command>(mut self, command: impl Fn(&S) -> C + 'static) -> Self {
        self.undo = Some(Box::new(move |saga| Request::of(&command(saga))));
        self
    }

    /// The same step; what is answered to it is noted for those behind.
    #[must_use]
    pub fn noting<R: DeserializeOwned>(mut self, note: impl Fn(&mut S, R) + 'static) -> Self {
        self.note = Box::new(move |saga, reply| {
            if let Ok(reply) = R::deserialize(reply) {
                note(saga, reply);
            }
        });
        self
    }

    /// The same step, tried as often as this.
    #[must_use]
    pub fn retried(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The same step, whose undoing is tried as often as this.
    #[must_use]
    pub fn undoing_retried(mut self, retry: RetryPolicy) -> Self {
        self.undo_retry = retry;
        self
    }

    fn call(&self, saga: &S) -> Call {
        Call {
            name: self.name.to_owned(),
            request: (self.request)(saga),
            retry: self.retry,
        }
    }

    /// `None`: nothing undoes it.
    fn undoing(&self, saga: &S) -> Option<Call> {
        Some(Call {
            name: format!("undo {}", self.name),
            request: self.undo.as_ref()?(saga),
            retry: self.undo_retry,
        })
    }
}

/// The saga that goes through the stages of `S`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stepped<S> {
    saga: Option<S>,
    /// Which stage it is at.
    stage: usize,
    /// True once it undoes what was done.
    undoes: bool,
    /// Calls of this stage that are not answered.
    open: BTreeSet<String>,
    /// Steps that were done, or may have been, in order.
    touched: Vec<String>,
    /// Steps of this stage that failed.
    failed: Vec<String>,
    /// Why it is undone, or waits.
    reason: Option<Value>,
}

impl<S> Default for Stepped<S> {
    fn default() -> Self {
        Self {
            saga: None,
            stage: 0,
            undoes: false,
            open: BTreeSet::new(),
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
            Input::Answer { call, answer } if self.undoes => self.undone(call, answer),
            Input::Answer { call, answer } => self.done(call, answer),
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

    /// The calls of the stage it is at; if there is none left, it is over.
    fn begin_stage(&mut self) -> Vec<Decision> {
        let stages = S::stages();
        let (Some(stage), Some(saga)) = (stages.get(self.stage), &self.saga) else {
            return vec![Decision::complete()];
        };
        let calls: Vec<Call> = stage.steps.iter().map(|step| step.call(saga)).collect();
        self.open = calls.iter().map(|call| call.name.clone()).collect();
        calls.into_iter().map(Decision::Call).collect()
    }

    fn done(&mut self, call: &str, answer: &Answer) -> Vec<Decision> {
        if !self.open.remove(call) {
            return Vec::new();
        }
        match answer {
            Answer::Done(reply) => {
                self.note(call, reply);
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

    fn note(&mut self, call: &str, reply: &Value) {
        let stages = S::stages();
        let mut steps = stages.iter().flat_map(|stage| &stage.steps);
        if let (Some(step), Some(saga)) = (steps.find(|step| step.name == call), &mut self.saga) {
            (step.note)(saga, reply);
        }
    }

    fn fail(&mut self, call: &str, reason: &Value) {
        self.failed.push(call.to_owned());
        self.reason.get_or_insert_with(|| reason.clone());
    }

    fn after_stage(&mut self) -> Vec<Decision> {
        match &self.reason {
            None => self.next_stage(),
            Some(reason) if self.is_past_pivot() => {
                let reason = format!("no way back, and {}: {reason}", self.failed.join(", "));
                vec![Decision::Park { reason }]
            }
            Some(_) => self.begin_undoing(),
        }
    }

    fn next_stage(&mut self) -> Vec<Decision> {
        self.stage += 1;
        let is_pivot = self.is_past_pivot() && S::TIMEOUT.is_some();
        let no_more = is_pivot.then(|| Decision::CancelTimer {
            name: TIMEOUT.to_owned(),
        });
        no_more.into_iter().chain(self.begin_stage()).collect()
    }

    fn is_past_pivot(&self) -> bool {
        S::stages()
            .iter()
            .take(self.stage)
            .any(|stage| stage.is_pivot)
    }

    fn begin_undoing(&mut self) -> Vec<Decision> {
        self.undoes = true;
        self.undo_next()
    }

    /// Undoes what was done last of what is not undone; if nothing is left, it is over.
    fn undo_next(&mut self) -> Vec<Decision> {
        let stages = S::stages();
        while let (Some(last), Some(saga)) = (self.touched.last(), &self.saga) {
            let mut steps = stages.iter().flat_map(|stage| &stage.steps);
            let step = steps.find(|step| step.name == last);
            if let Some(call) = step.and_then(|step| step.undoing(saga)) {
                return vec![Decision::Call(call)];
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

    /// It is undone once the calls that are open are answered.
    fn timed_out(&mut self) -> Vec<Decision> {
        if self.undoes || self.is_past_pivot() {
            return Vec::new();
        }
        self.reason.get_or_insert_with(|| json!("it took too long"));
        Vec::new()
    }

    fn asked(&mut self, asked: &Asked) -> Vec<Decision> {
        let more = match asked {
            Asked::Retry if self.undoes => self.undo_next(),
            Asked::Retry => self.call_failed_again(),
            Asked::Skip { .. } if self.undoes => {
                self.touched.pop();
                self.undo_next()
            }
            Asked::Skip { .. } => {
                self.touched.append(&mut self.failed);
                self.reason = None;
                self.next_stage()
            }
            Asked::Compensate { reason } => {
                self.reason.get_or_insert_with(|| json!(reason));
                match self.open.is_empty() && !self.undoes {
                    true => self.begin_undoing(),
                    false => Vec::new(),
                }
            }
        };
        std::iter::once(Decision::Resume).chain(more).collect()
    }

    /// The failed steps of this stage, once more.
    fn call_failed_again(&mut self) -> Vec<Decision> {
        self.reason = None;
        let failed = std::mem::take(&mut self.failed);
        // Done or not, it is going to be.
        self.touched.retain(|step| !failed.contains(step));
        let stages = S::stages();
        let (Some(stage), Some(saga)) = (stages.get(self.stage), &self.saga) else {
            return Vec::new();
        };
        let again = stage
            .steps
            .iter()
            .filter(|step| failed.iter().any(|it| it == step.name));
        let calls: Vec<Call> = again.map(|step| step.call(saga)).collect();
        self.open = calls.iter().map(|call| call.name.clone()).collect();
        calls.into_iter().map(Decision::Call).collect()
    }
}
