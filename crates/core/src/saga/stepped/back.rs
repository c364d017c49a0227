//! Undoing what was done, in reverse.

use crate::saga::steps::{SagaStep, Steps};
use crate::saga::{Answer, Call, Decision, Ending};

use super::{Course, ONCE_UNDONE, Stepped, with_step};

impl<S: Steps> Stepped<S> {
    /// Goes back, once it is known what there is to undo.
    pub(super) fn turn_back(&mut self) -> Vec<Decision> {
        self.course = Course::TurnsBack;
        match self.must_be_known().is_empty() {
            true => self.go_back(),
            false => self.park(|failed| format!("nobody knows whether {failed} was done")),
        }
    }

    pub(super) fn go_back(&mut self) -> Vec<Decision> {
        if let Err(parked) = self.note_replies() {
            return vec![parked];
        }
        self.course = Course::Back;
        let timeout = self.no_timeout();
        timeout.into_iter().chain(self.undo_next()).collect()
    }

    /// Undoes what was done last of what is not undone; if nothing is left, it is over once whoever is
    /// to be told of it has been.
    pub(super) fn undo_next(&mut self) -> Vec<Decision> {
        while let (Some(last), Some(saga)) = (self.touched.last(), &self.saga) {
            let undoing = with_step::<S, _>(last, |step| step.undoing(saga));
            if let Some(call) = undoing.flatten() {
                return self.make(vec![call]);
            }
            self.touched.pop();
        }
        let reason = self.reason.clone().unwrap_or_default();
        let saga = self.saga.as_ref().filter(|_| !self.is_told);
        match saga.and_then(|saga| saga.once_undone(&reason)) {
            Some(request) => self.make(vec![Call::of(ONCE_UNDONE, request)]),
            None => vec![Decision::End(Ending::Compensated { reason })],
        }
    }

    /// What was undone last is.
    pub(super) fn go_on_back(&mut self) -> Vec<Decision> {
        // When nothing was left to be undone, somebody was told so.
        self.is_told = self.touched.pop().is_none();
        self.undo_next()
    }

    pub(super) fn undone(&mut self, call: &str, answer: &Answer) -> Vec<Decision> {
        let reason = match answer {
            Answer::Done(_) => return self.go_on_back(),
            Answer::Refused(reason) => reason.to_string(),
            Answer::GaveUp { error } => error.clone(),
        };
        let reason = format!("{call} failed: {reason}");
        vec![Decision::Park { reason }]
    }

    /// Steps that are undone only if they were done, and nobody knows that.
    pub(super) fn must_be_known(&self) -> Vec<String> {
        let must = |step: &&String| {
            let can_stay = with_step::<S, _>(step, SagaStep::can_stay_unknown);
            can_stay == Some(false)
        };
        self.unknown.iter().filter(must).cloned().collect()
    }
}
