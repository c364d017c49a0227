//! Given/when/then for sagas, over several steps and by a clock of its own.

use std::fmt::Debug;
use std::time::Duration;

use annals_core::{
    Answer, Asked, Clock, Command, Decision, Ending, Input, Instance, InstanceId, OpenTimer,
    Recorded, Route, Saga, SagaStatus, Timestamp, decode,
};

use super::difference::difference;
use super::happened::{Happened, record};
use crate::clock::ManualClock;

/// Begins a test of a saga with what happened before. The instance that is tested is the one that the
/// first of all events which is for any is for.
///
/// ```ignore
/// given_saga::<Stepped<Transfer>>([])
///     .when_happened(happened("Transfer-1", requested(30)))
///     .then_calls(["withdraw"])
///     .when_done::<Withdraw>("withdraw", &70)
///     .then_calls(["deposit"])
///     .when_time_passes(Duration::from_secs(60))
///     .then_nothing();
/// ```
///
/// # Panics
/// When an event cannot be encoded.
#[track_caller]
pub fn given_saga<S: Saga>(events: impl IntoIterator<Item = Happened<S::Event>>) -> GivenSaga<S> {
    let mut given = GivenSaga {
        id: None,
        instance: None,
        events: Vec::new(),
        clock: ManualClock::at(Timestamp::UNIX_EPOCH),
    };
    for event in events {
        given = given.when_happened(event).given;
    }
    given
}

/// An instance of a saga with a history. It is no test before a `when` and a `then` are called.
pub struct GivenSaga<S: Saga> {
    id: Option<InstanceId>,
    instance: Option<Instance>,
    events: Vec<Happened<S::Event>>,
    clock: ManualClock,
}

/// What a saga decided. It is no test before a `then` is called.
#[must_use = "a decision is tested by what `then` expects of it"]
pub struct Reaction<S: Saga> {
    given: GivenSaga<S>,
    decisions: Vec<Decision>,
}

impl<S: Saga> GivenSaga<S> {
    /// Something happens. It is routed as it is in production.
    ///
    /// # Panics
    /// When it cannot be encoded.
    #[track_caller]
    pub fn when_happened(mut self, event: Happened<S::Event>) -> Reaction<S> {
        self.events.push(event);
        let last = record(self.events.iter().cloned()).pop();
        let last = decode::<S::Event>(last.expect("one was pushed just now"));
        let decoded = last.unwrap_or_else(|error| panic!("{error}"));
        let decisions = decoded.into_iter().flat_map(|event| self.take(event));
        let decisions = decisions.collect();
        self.reaction(decisions)
    }

    /// A call is carried out, with this reply.
    pub fn when_done<C: Command>(self, call: &str, reply: &C::Reply) -> Reaction<S> {
        let reply = serde_json::to_value(reply).expect("a reply has a JSON form");
        self.when_answered(call, Answer::Done(reply))
    }

    /// A call is refused.
    pub fn when_refused<C: Command>(self, call: &str, refusal: &C::Refusal) -> Reaction<S> {
        let refusal = serde_json::to_value(refusal).expect("a refusal has a JSON form");
        self.when_answered(call, Answer::Refused(refusal))
    }

    /// A call is given up: nobody knows whether it was carried out.
    pub fn when_given_up(self, call: &str) -> Reaction<S> {
        let error = "given up".to_owned();
        self.when_answered(call, Answer::GaveUp { error })
    }

    /// A call is answered.
    ///
    /// # Panics
    /// When it is not open.
    #[track_caller]
    pub fn when_answered(mut self, call: &str, answer: Answer) -> Reaction<S> {
        let is_open = |instance: &Instance| instance.calls.contains_key(call);
        let open = self.instance.as_ref().is_some_and(is_open);
        assert!(
            open,
            "nobody waits for an answer to {call}: {:?}",
            self.open()
        );
        let call = call.to_owned();
        let decisions = self.tell(&Input::Answer { call, answer });
        self.reaction(decisions)
    }

    /// Time passes. Timers that are due fire when they are, in order; calls are not tried again, that
    /// is up to the test.
    pub fn when_time_passes(mut self, time: Duration) -> Reaction<S> {
        let until = self.clock.now() + time;
        let mut decisions = Vec::new();
        while let Some((name, due)) = self.next_timer(until) {
            self.clock.set(due);
            decisions.extend(self.tell(&Input::Timer { name }));
        }
        self.clock.set(until);
        self.reaction(decisions)
    }

    /// A person asks for something.
    pub fn when_asked(mut self, asked: Asked) -> Reaction<S> {
        let decisions = self.tell(&Input::Asked(asked));
        self.reaction(decisions)
    }

    /// The instance as it is.
    ///
    /// # Panics
    /// When none was started.
    #[track_caller]
    pub fn instance(&self) -> &Instance {
        let instance = self.instance.as_ref();
        instance.expect("no event has started an instance")
    }

    /// What is decided on an event, if it is for the instance.
    fn take(&mut self, event: Recorded<S::Event>) -> Vec<Decision> {
        let (id, starts) = match S::route(&event) {
            Route::Start(id) => (id, true),
            Route::Continue(id) | Route::ContinueIfThere(id) => (id, false),
            Route::Nobody => return Vec::new(),
        };
        if *self.id.get_or_insert_with(|| id.clone()) != id {
            return Vec::new();
        }
        if starts && self.instance.is_none() {
            self.instance = Some(Instance::begin::<S>(event.record.position));
        }
        self.tell(&Input::Event(Box::new(event)))
    }

    fn tell(&mut self, input: &Input<S::Event>) -> Vec<Decision> {
        let Some(instance) = &mut self.instance else {
            return Vec::new();
        };
        let decided = instance.take_in::<S>(input, self.clock.now());
        decided.expect("a saga reads the state that it wrote")
    }

    fn next_timer(&self, until: Timestamp) -> Option<(String, Timestamp)> {
        let timers = self.instance.iter().flat_map(|instance| &instance.timers);
        let due = timers.filter(|(_, timer)| timer.due <= until);
        let next = due.min_by_key(|(_, OpenTimer { due, number, .. })| (*due, *number));
        // One that was set for a time before now is due now.
        next.map(|(name, timer)| (name.clone(), timer.due.max(self.clock.now())))
    }

    fn open(&self) -> Vec<&String> {
        let calls = self.instance.iter();
        calls.flat_map(|instance| instance.calls.keys()).collect()
    }

    fn reaction(self, decisions: Vec<Decision>) -> Reaction<S> {
        Reaction {
            given: self,
            decisions,
        }
    }
}

impl<S: Saga> Reaction<S> {
    /// Expects these decisions, in this order.
    ///
    /// # Panics
    /// When something else was decided; the message shows the difference.
    #[track_caller]
    pub fn then(self, decisions: impl IntoIterator<Item = Decision>) -> GivenSaga<S> {
        let expected: Vec<_> = decisions.into_iter().collect();
        self.check(&expected, &self.decisions);
        self.given
    }

    /// Expects that nothing is decided.
    ///
    /// # Panics
    /// As [`then`](Self::then).
    #[track_caller]
    pub fn then_nothing(self) -> GivenSaga<S> {
        self.then([])
    }

    /// Expects calls of these names, in this order, whatever else is decided.
    ///
    /// # Panics
    /// When there are others.
    #[track_caller]
    pub fn then_calls(self, calls: impl IntoIterator<Item = &'static str>) -> GivenSaga<S> {
        let expected: Vec<_> = calls.into_iter().collect();
        let made = self.decisions.iter().filter_map(|decision| match decision {
            Decision::Call(call) => Some(call.name.as_str()),
            _ => None,
        });
        self.check(&expected, &made.collect::<Vec<_>>());
        self.given
    }

    /// Expects that it waits for a person now.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn then_parked(self) -> GivenSaga<S> {
        let status = &self.given.instance().status;
        let is_parked = matches!(status, SagaStatus::Parked { .. });
        assert!(is_parked, "it is not parked but {status:?}");
        self.given
    }

    /// Expects that it is over now, like that.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn then_ended(self, ending: Ending) -> GivenSaga<S> {
        let status = &self.given.instance().status;
        let expected = SagaStatus::Ended(ending);
        self.check(&[&expected], &[status]);
        self.given
    }

    #[track_caller]
    fn check<T: Debug + PartialEq>(&self, expected: &[T], actual: &[T]) {
        if expected != actual {
            panic!("it went otherwise\n{}", difference(expected, actual));
        }
    }
}
