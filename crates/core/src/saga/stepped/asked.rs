//! What a person asks of a saga that waits.

use serde_json::json;

use crate::saga::steps::Steps;
use crate::saga::{Asked, Decision};

use super::{Course, Stepped, with_step};

impl<S: Steps> Stepped<S> {
    /// Only one that is parked can be asked to retry or to skip.
    pub(super) fn asked(&mut self, asked: &Asked) -> Vec<Decision> {
        if let Asked::Compensate { reason } = asked
            && self.course == Course::Forwards
        {
            self.course = Course::TurnsBack;
            self.reason = Some(json!(reason));
        }
        if !self.open.is_empty() {
            return Vec::new();
        }
        if matches!(asked, Asked::Skip { .. }) {
            self.forget_unreadable_replies();
        }
        let more = match (asked, self.course) {
            (Asked::Skip { .. }, Course::TurnsBack) => self.go_back(),
            (_, Course::TurnsBack) => self.find_out(),
            (Asked::Skip { .. }, Course::Back) => self.go_on_back(),
            (_, Course::Back) => self.undo_next(),
            (Asked::Skip { .. }, Course::Forwards) => self.skip_failed(),
            (_, Course::Forwards) => self.call_failed_again(),
        };
        std::iter::once(Decision::Resume).chain(more).collect()
    }

    /// Somebody has seen to it: what failed is as good as done, and undone like that.
    fn skip_failed(&mut self) -> Vec<Decision> {
        self.reason = None;
        self.unknown.clear();
        for step in std::mem::take(&mut self.failed) {
            if !self.touched.contains(&step) {
                self.touched.push(step);
            }
        }
        self.next_stage()
    }

    /// The failed steps of this stage, once more. If none failed, a reply could not be read.
    fn call_failed_again(&mut self) -> Vec<Decision> {
        self.reason = None;
        let failed = std::mem::take(&mut self.failed);
        if failed.is_empty() {
            return self.next_stage();
        }
        self.call_again(&failed)
    }

    /// Asks again for what must be known before it is undone, then goes back.
    fn find_out(&mut self) -> Vec<Decision> {
        let unknown = self.must_be_known();
        if unknown.is_empty() {
            return self.go_back();
        }
        self.failed.retain(|step| !unknown.contains(step));
        self.call_again(&unknown)
    }

    /// Whether these steps were done before is told by the next answer.
    fn call_again(&mut self, steps: &[String]) -> Vec<Decision> {
        self.touched.retain(|step| !steps.contains(step));
        self.unknown.retain(|step| !steps.contains(step));
        let Some(saga) = &self.saga else {
            return Vec::new();
        };
        let again = steps.iter();
        let again = again.filter_map(|step| with_step::<S, _>(step, |step| step.call(saga)));
        let calls = again.collect();
        self.make(calls)
    }

    /// Somebody has seen that they cannot be read.
    fn forget_unreadable_replies(&mut self) {
        let Some(saga) = &mut self.saga else { return };
        for step in S::stages().iter().flat_map(|stage| &stage.steps) {
            if let Some(reply) = self.replies.remove(step.name) {
                drop(step.note(saga, reply));
            }
        }
    }
}
