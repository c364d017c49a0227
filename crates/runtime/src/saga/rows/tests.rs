use std::time::Duration;

use annals_core::{Call, OpenTimer, Request, RetryPolicy};
use serde_json::Value as Json;

use super::*;

fn calls(open: &[(&str, u64)]) -> BTreeMap<String, OpenCall> {
    let call = |&(name, number): &(&str, u64)| {
        let request = Request {
            command: "do".to_owned(),
            payload: Json::Null,
        };
        let call = Call {
            name: name.to_owned(),
            request,
            retry: RetryPolicy::ONCE,
        };
        let open = OpenCall {
            number,
            call,
            attempt: 1,
            failed: 0,
            not_before: Timestamp::UNIX_EPOCH,
        };
        (name.to_owned(), open)
    };
    open.iter().map(call).collect()
}

fn timers(open: &[(&str, u64)]) -> BTreeMap<String, OpenTimer> {
    let timer = |&(name, seconds): &(&str, u64)| {
        let due = Timestamp::UNIX_EPOCH + Duration::from_secs(seconds);
        let timer = OpenTimer {
            number: 1,
            due,
            every: None,
        };
        (name.to_owned(), timer)
    };
    open.iter().map(timer).collect()
}

#[test]
fn the_step_is_the_open_call_that_was_made_first() {
    let instance = Instance {
        calls: calls(&[("charge", 3), ("reserve", 2)]),
        unknown: calls(&[("notify", 1)]),
        timers: timers(&[("timeout", 1)]),
        ..Instance::default()
    };
    assert_eq!(step(&instance).as_deref(), Some("reserve"));
    assert_eq!(waits_for(&instance), "charge, reserve, timeout");
}

#[test]
fn the_step_of_one_that_is_parked_is_the_call_that_was_given_up() {
    let instance = Instance {
        unknown: calls(&[("charge", 3)]),
        timers: timers(&[("timeout", 1)]),
        ..Instance::default()
    };
    assert_eq!(step(&instance).as_deref(), Some("charge"));
}

#[test]
fn the_step_of_one_that_waits_for_time_is_the_timer_that_is_due_next() {
    let instance = Instance {
        timers: timers(&[("give up", 60), ("remind", 5)]),
        ..Instance::default()
    };
    assert_eq!(step(&instance).as_deref(), Some("remind"));
}

#[test]
fn one_that_is_over_is_at_no_step() {
    let instance = Instance {
        unknown: calls(&[("charge", 3)]),
        status: annals_core::SagaStatus::Ended(annals_core::Ending::Completed),
        ..Instance::default()
    };
    assert_eq!(step(&instance), None);
}
