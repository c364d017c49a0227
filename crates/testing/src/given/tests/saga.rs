//! Given/when/then for sagas, tried on a courier who waits at a door.

use std::time::Duration;

use annals_core::{
    Asked, Command, Decision, Ending, Input, InstanceId, Recorded, Request, Route, Saga,
};
use annals_macros::Event;
use serde::{Deserialize, Serialize};

use crate::given::{Happened, given_saga, happened};

#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
enum DoorEvent {
    Rung,
    Opened,
}

#[derive(Serialize, Deserialize)]
struct Deliver {
    times_rung: u32,
}

impl Command for Deliver {
    const NAME: &'static str = "deliver";
    type Reply = bool;
    type Refusal = String;
}

/// Waits a minute at a door that was rung at, twice; delivers when it is opened.
#[derive(Default, Serialize, Deserialize)]
struct Courier {
    rung: u32,
}

impl Saga for Courier {
    const NAME: &'static str = "courier";
    type Event = DoorEvent;

    fn route(event: &Recorded<DoorEvent>) -> Route {
        let door = InstanceId::new(event.record.stream.id()).unwrap();
        match event.event {
            DoorEvent::Rung => Route::Start(door),
            DoorEvent::Opened => Route::Continue(door),
        }
    }

    fn react(&mut self, input: &Input<DoorEvent>) -> Vec<Decision> {
        match input {
            Input::Event(event) if event.event == DoorEvent::Opened => vec![self.deliver()],
            Input::Event(_) => self.ring(),
            Input::Timer { .. } if self.rung < 2 => self.ring(),
            Input::Timer { .. } => vec![Decision::Park {
                reason: "nobody opens".to_owned(),
            }],
            Input::Answer { .. } => vec![Decision::complete()],
            Input::Asked(_) => Vec::new(),
        }
    }
}

impl Courier {
    fn ring(&mut self) -> Vec<Decision> {
        self.rung += 1;
        vec![wait()]
    }

    fn deliver(&self) -> Decision {
        let times_rung = self.rung;
        Decision::call("deliver", &Deliver { times_rung })
    }
}

fn wait() -> Decision {
    Decision::timer("wait", Duration::from_secs(60))
}

fn rung(door: &str) -> Happened<DoorEvent> {
    happened(door, DoorEvent::Rung)
}

fn opened(door: &str) -> Happened<DoorEvent> {
    happened(door, DoorEvent::Opened)
}

fn deliver(times_rung: u32) -> Decision {
    Decision::call("deliver", &Deliver { times_rung })
}

#[test]
fn several_steps_go_on_where_the_one_before_ended() {
    given_saga::<Courier>([])
        .when_happened(rung("Door-1"))
        .then([wait()])
        .when_happened(opened("Door-1"))
        .then([deliver(1)])
        .when_done::<Deliver>("deliver", &true)
        .then_ended(Ending::Completed);
}

#[test]
fn timers_fire_when_they_are_due_in_the_time_that_passes() {
    let given = given_saga::<Courier>([rung("Door-1")]);
    let given = given
        .when_time_passes(Duration::from_secs(59))
        .then_nothing();
    let given = given
        .when_time_passes(Duration::from_secs(1))
        .then([wait()]);
    given
        .when_time_passes(Duration::from_secs(60))
        .then_parked();
    let given = given_saga::<Courier>([rung("Door-1")]);
    given
        .when_time_passes(Duration::from_secs(150))
        .then_parked();
}

#[test]
fn events_for_other_instances_are_not_told() {
    given_saga::<Courier>([rung("Door-1")])
        .when_happened(opened("Door-2"))
        .then_nothing();
}

#[test]
fn calls_are_compared_by_their_names_and_all_they_say() {
    let made = given_saga::<Courier>([rung("Door-1"), rung("Door-1")]);
    let given = made.when_happened(opened("Door-1")).then_calls(["deliver"]);
    let request = Request::of(&Deliver { times_rung: 2 });
    assert_eq!(given.instance().calls["deliver"].call.request, request);
}

#[test]
fn whoever_cancels_ends_it() {
    let reason = "closed".to_owned();
    let asked = Asked::Cancel {
        reason: reason.clone(),
    };
    given_saga::<Courier>([rung("Door-1")])
        .when_asked(asked)
        .then_ended(Ending::Cancelled { reason });
}

#[test]
#[should_panic(
    expected = "it went otherwise\n(- expected, + actual)\n- \"collect\"\n+ \"deliver\""
)]
fn another_call_fails_and_shows_the_difference() {
    let given = given_saga::<Courier>([rung("Door-1")]).when_happened(opened("Door-1"));
    given.then_calls(["collect"]);
}

#[test]
#[should_panic(expected = "it is not parked but Running")]
fn one_that_runs_where_it_should_be_parked_fails() {
    let given = given_saga::<Courier>([]).when_happened(rung("Door-1"));
    given.then_parked();
}

#[test]
#[should_panic(expected = "nobody waits for an answer to deliver")]
fn an_answer_that_nobody_waits_for_is_a_mistake_in_the_test() {
    let given = given_saga::<Courier>([rung("Door-1")]);
    given.when_given_up("deliver").then_nothing();
}
