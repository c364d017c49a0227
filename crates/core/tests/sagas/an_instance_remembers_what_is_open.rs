use std::time::Duration;

use annals_core::{
    Answer, Asked, Call, Command, Decision, Input, Instance, InstanceId, Position, Recorded,
    RetryPolicy, Route, Saga, SagaInput, Schedule, Timestamp, Unwanted,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::errand::{Do, ErrandEvent, Run};

/// Decides what it is told to, which is the reason it is asked for something with.
#[derive(Default, Serialize, Deserialize)]
struct Told;

impl Saga for Told {
    const NAME: &'static str = "told";
    const VERSION: u32 = 2;
    type Event = ErrandEvent;

    fn route(event: &Recorded<ErrandEvent>) -> Route {
        let instance = InstanceId::new(event.record.stream.id());
        Route::Start(instance.unwrap())
    }

    fn react(&mut self, input: &Input<ErrandEvent>) -> Vec<Decision> {
        match input {
            Input::Asked(Asked::Skip { reason }) => serde_json::from_str(reason).unwrap(),
            _ => Vec::new(),
        }
    }

    fn migrate(_: u32, state: &Value) -> Option<Value> {
        (state == "movable").then_some(Value::Null)
    }
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn decide(instance: &mut Instance, decisions: &[Decision]) -> Vec<Decision> {
    let reason = serde_json::to_string(decisions).unwrap();
    let input = Input::Asked(Asked::Skip { reason });
    instance.take_in::<Told>(&input, NOW).unwrap()
}

fn call(name: &str, what: &str) -> Decision {
    let request = annals_core::Request {
        command: Do::NAME.to_owned(),
        payload: json!(what),
    };
    Decision::Call(Call {
        name: name.to_owned(),
        request,
        retry: RetryPolicy::ONCE,
    })
}

fn after(decisions: &[Decision]) -> Instance {
    let mut instance = Instance::begin::<Told>(Position(1));
    decide(&mut instance, decisions);
    instance
}

fn give_up(instance: &mut Instance, call: &str) {
    let (call, error) = (call.to_owned(), String::new());
    let answer = Answer::GaveUp { error };
    let input = Input::Answer { call, answer };
    instance.take_in::<Told>(&input, NOW).unwrap();
}

#[test]
fn what_was_given_up_keeps_its_number_when_it_is_made_again_but_is_another_attempt() {
    let mut instance = after(&[call("a", "pay"), call("b", "pay")]);
    give_up(&mut instance, "a");
    decide(&mut instance, &[call("a", "pay")]);
    let again = &instance.calls["a"];
    assert_eq!((again.number, again.attempt, again.failed), (1, 2, 0));
}

#[test]
fn another_request_under_the_name_of_what_was_given_up_is_another_call() {
    let mut instance = after(&[call("a", "pay")]);
    give_up(&mut instance, "a");
    decide(&mut instance, &[call("a", "pay less")]);
    assert_eq!(instance.calls["a"].number, 2);
}

#[test]
fn a_timer_set_again_replaces_the_one_before() {
    let mut instance = after(&[Decision::timer("t", Duration::from_secs(5))]);
    decide(
        &mut instance,
        &[Decision::timer("t", Duration::from_secs(9))],
    );
    let timer = &instance.timers["t"];
    assert_eq!((timer.number, timer.due.as_second()), (2, 9));
    let late = SagaInput::Timer {
        name: "t".to_owned(),
        number: 1,
    };
    assert_eq!(instance.unwanted(&late), Some(Unwanted::NotOpen));
}

/// Fires a timer at a second, and tells when it is due next.
fn fire(instance: &mut Instance, name: &str, second: i64) -> Option<i64> {
    let input = Input::Timer {
        name: name.to_owned(),
    };
    let now = Timestamp::from_second(second).unwrap();
    instance.take_in::<Told>(&input, now).unwrap();
    let timer = instance.timers.get(name)?;
    Some(timer.due.as_second())
}

fn every_ten_seconds() -> Instance {
    let every = Schedule::Every(Duration::from_secs(10));
    after(&[Decision::scheduled("t", every)])
}

#[test]
fn a_timer_at_a_moment_is_due_then_and_once() {
    let moment = Timestamp::from_second(7).unwrap();
    let mut instance = after(&[Decision::scheduled("t", Schedule::At(moment))]);
    assert_eq!(instance.due(), Some(moment));
    assert_eq!(fire(&mut instance, "t", 7), None);
}

#[test]
fn a_recurring_timer_keeps_its_times_however_late_it_fires() {
    let mut instance = every_ten_seconds();
    assert_eq!(fire(&mut instance, "t", 10), Some(20));
    assert_eq!(fire(&mut instance, "t", 23), Some(30));
}

#[test]
fn a_recurring_timer_fires_once_for_all_the_times_nobody_was_there_for() {
    let mut instance = every_ten_seconds();
    assert_eq!(fire(&mut instance, "t", 65), Some(70));
}

#[test]
fn a_recurring_timer_is_not_due_again_for_a_clock_that_went_back() {
    let mut instance = every_ten_seconds();
    assert_eq!(fire(&mut instance, "t", 3), Some(20));
}

#[test]
fn each_time_of_a_recurring_timer_has_a_number_of_its_own() {
    let mut instance = every_ten_seconds();
    fire(&mut instance, "t", 10);
    let again = SagaInput::Timer {
        name: "t".to_owned(),
        number: 1,
    };
    assert_eq!(instance.unwanted(&again), Some(Unwanted::NotOpen));
}

#[test]
fn a_recurring_timer_that_is_cancelled_does_not_come_again() {
    let mut instance = every_ten_seconds();
    let name = "t".to_owned();
    decide(&mut instance, &[Decision::CancelTimer { name }]);
    assert_eq!(instance.due(), None);
}

#[test]
fn no_recurring_timer_comes_more_often_than_each_second() {
    let always = Schedule::Every(Duration::ZERO);
    let mut instance = after(&[Decision::scheduled("t", always)]);
    assert_eq!(fire(&mut instance, "t", 1), Some(2));
}

#[test]
fn what_is_decided_behind_the_end_is_not_taken() {
    let mut instance = Instance::begin::<Told>(Position(1));
    let end = Decision::complete();
    let taken = decide(
        &mut instance,
        &[call("a", "pay"), end.clone(), call("b", "pay")],
    );
    assert_eq!(taken, [call("a", "pay"), end]);
    assert!(instance.has_ended() && instance.calls.is_empty());
    assert_eq!(
        decide(&mut instance, &[call("c", "pay")]),
        [],
        "nor after it"
    );
}

#[test]
fn it_is_due_when_the_first_of_what_is_open_is() {
    let mut instance = after(&[
        Decision::timer("t", Duration::from_secs(5)),
        call("a", "pay"),
    ]);
    assert_eq!(instance.due(), Some(NOW));
    instance.postpone("a", NOW + Duration::from_secs(9));
    assert_eq!(instance.due(), Some(NOW + Duration::from_secs(5)));
}

#[test]
fn an_answer_to_an_earlier_attempt_is_not_waited_for() {
    let mut run = Run::new();
    let answer = |attempt| SagaInput::Answer {
        call: "reserve".to_owned(),
        number: run_number(),
        attempt,
        answer: Answer::Done(Value::Null),
    };
    fn run_number() -> u64 {
        Run::new().number("reserve")
    }
    assert_eq!(run.instance.unwanted(&answer(1)), None);
    run.instance.postpone("reserve", NOW);
    assert_eq!(run.instance.unwanted(&answer(1)), Some(Unwanted::NotOpen));
    assert_eq!(run.instance.unwanted(&answer(2)), None);
}

#[test]
fn an_answer_to_an_earlier_call_of_the_same_name_is_not_waited_for() {
    let mut instance = after(&[call("a", "pay")]);
    decide(&mut instance, &[call("a", "pay less")]);
    let answer = |number| SagaInput::Answer {
        call: "a".to_owned(),
        number,
        attempt: 1,
        answer: Answer::Done(Value::Null),
    };
    assert_eq!(instance.unwanted(&answer(1)), Some(Unwanted::NotOpen));
    assert_eq!(instance.unwanted(&answer(2)), None);
}

#[test]
fn one_that_is_over_wants_nothing() {
    let instance = after(&[Decision::complete()]);
    let asked = SagaInput::Asked {
        asked: Asked::Retry,
        by: "ann".to_owned(),
        id: "1".to_owned(),
    };
    assert_eq!(instance.unwanted(&asked), Some(Unwanted::Ended));
}

#[test]
fn retries_wait_twice_as_long_each_time_and_end() {
    let retry = RetryPolicy {
        attempts: 5,
        first: Duration::from_secs(1),
        most: Duration::from_secs(3),
    };
    let waits = [1, 2, 3, 4, 5].map(|failed| retry.wait_after(failed));
    assert_eq!(
        waits,
        [Some(1), Some(2), Some(3), Some(3), None].map(|s| s.map(Duration::from_secs))
    );
    assert_eq!(RetryPolicy::ONCE.wait_after(1), None);
}

#[test]
fn chance_shortens_a_wait_by_up_to_half() {
    let mut instance = after(&[]);
    let mut patient = call("a", "pay");
    if let Decision::Call(call) = &mut patient {
        call.retry = RetryPolicy::default();
    }
    decide(&mut instance, &[patient]);
    let open = &instance.calls["a"];
    let longest = RetryPolicy::default().first;
    assert_eq!(open.wait_if_it_fails(0.0), Some(longest));
    assert_eq!(open.wait_if_it_fails(1.0), Some(longest / 2));
}

#[test]
fn a_call_fails_as_often_as_it_may_be_tried() {
    let mut run = Run::new();
    for _ in 1..RetryPolicy::default().attempts {
        assert_ne!(run.instance.calls["reserve"].wait_if_it_fails(0.0), None);
        run.instance.postpone("reserve", NOW);
    }
    assert_eq!(run.instance.calls["reserve"].wait_if_it_fails(0.0), None);
}

#[test]
fn a_later_definition_takes_over_what_it_can() {
    let migrated = |definition, state: &str| {
        let instance = Instance {
            definition,
            state: json!(state),
            ..Instance::default()
        };
        let migrated = instance.migrated::<Told>();
        (migrated.definition, migrated.state)
    };
    assert_eq!(migrated(1, "movable"), (2, Value::Null));
    assert_eq!(migrated(1, "fixed"), (1, json!("fixed")));
    // That of a process that was deployed later.
    assert_eq!(migrated(3, "movable"), (3, json!("movable")));
}
