use annals_core::{Decision, Input, Saga as _};
use serde_json::json;

use crate::errand::{Run, Saga, asked_for};

#[test]
fn each_stage_begins_once_the_one_before_it_is_done() {
    let mut run = Run::new();
    assert_eq!(run.open(), ["reserve"]);
    run.done("reserve");
    assert_eq!(
        run.open(),
        ["pack", "pay"],
        "a stage without steps is passed"
    );
    run.done("pay");
    assert_eq!(run.open(), ["pack"]);
    run.done("pack");
    assert_eq!(run.open(), ["send"]);
    run.done("send");
    assert_eq!(run.open(), ["thank"]);
    let last = run.done("thank");
    assert_eq!(last, [Decision::complete()]);
    assert!(run.is_completed());
}

#[test]
fn replies_are_noted_in_the_order_of_the_steps_whichever_came_first() {
    let in_order = Run::after(&["reserve", "pay", "pack"]);
    let other_order = Run::after(&["reserve", "pack", "pay"]);
    let receipts = json!(["reserve: done", "pay: done", "pack: done"]);
    assert_eq!(in_order.payload("send")["receipts"], receipts);
    assert_eq!(in_order.payload("send"), other_order.payload("send"));
}

#[test]
fn a_repeated_answer_changes_nothing() {
    let mut run = Run::after(&["reserve"]);
    let before = run.instance.clone();
    assert_eq!(run.done("reserve"), []);
    assert_eq!(run.refused("reserve"), []);
    assert_eq!(run.instance, before);
}

#[test]
fn an_answer_that_comes_too_early_changes_nothing() {
    let mut run = Run::new();
    let before = run.instance.clone();
    assert_eq!(run.done("send"), []);
    assert_eq!(run.instance, before);
}

#[test]
fn a_second_event_of_the_same_instance_starts_nothing() {
    let mut run = Run::after(&["reserve"]);
    let before = run.instance.clone();
    let again = Input::Event(Box::new(asked_for("sugar")));
    assert_eq!(run.tell(again), []);
    assert_eq!(run.instance, before);
}

#[test]
fn steps_take_over_what_an_earlier_definition_remembers_and_go_on_where_it_was() {
    let run = Run::after(&["reserve"]);
    let mut earlier = run.instance.state.clone();
    let errand = earlier["saga"].as_object_mut().unwrap();
    errand.remove("receipts");
    let mut taken_over = Run::new();
    taken_over.instance = run.instance;
    taken_over.instance.state = Saga::migrate(1, &earlier).unwrap();
    taken_over.done("pack");
    assert_eq!(taken_over.carry_out_all(), ["pay", "send", "thank"]);
}

#[test]
fn what_steps_do_not_take_over_is_left_to_its_own_definition() {
    assert_eq!(Saga::migrate(1, &json!({ "saga": {} })), None);
}
