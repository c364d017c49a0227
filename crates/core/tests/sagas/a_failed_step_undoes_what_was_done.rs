use annals_core::{Decision, Ending};
use serde_json::json;

use crate::errand::Run;

#[test]
fn what_was_done_is_undone_in_reverse() {
    let mut run = Run::after(&["reserve", "pay", "pack"]);
    run.refused("send");
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo pay", "undo reserve"]
    );
    assert_eq!(run.compensated(), Some(&json!("send: no")));
}

#[test]
fn steps_beside_each_other_are_undone_against_the_order_of_their_answers() {
    let mut run = Run::after(&["reserve", "pack", "pay"]);
    run.refused("send");
    assert_eq!(
        run.carry_out_all(),
        ["undo pay", "undo pack", "undo reserve"]
    );
}

#[test]
fn nothing_is_undone_while_a_step_beside_it_is_not_answered() {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    assert_eq!(run.open(), ["pack"]);
    run.done("pack");
    assert_eq!(run.carry_out_all(), ["undo pack", "undo reserve"]);
}

#[test]
fn a_refused_step_has_changed_nothing_and_is_not_undone() {
    let mut run = Run::new();
    let reason = json!("reserve: no");
    let no_timeout = Decision::CancelTimer {
        name: "timeout".to_owned(),
    };
    let end = Decision::End(Ending::Compensated { reason });
    assert_eq!(run.refused("reserve"), [no_timeout, end]);
}

#[test]
fn a_step_that_was_given_up_may_have_been_done_and_is_undone() {
    let mut run = Run::after(&["reserve"]);
    run.given_up("pay");
    run.refused("pack");
    assert_eq!(run.carry_out_all(), ["undo pay", "undo reserve"]);
    assert_eq!(run.compensated(), Some(&json!("pay: no answer")));
}

#[test]
fn what_undoes_a_step_knows_what_was_answered_to_it() {
    let mut run = Run::after(&["reserve"]);
    run.done("pack");
    run.refused("pay");
    let receipts = json!(["reserve: done", "pack: done"]);
    assert_eq!(run.payload("undo pack")["receipts"], receipts);
}

#[test]
fn undoing_that_fails_waits_for_a_person() {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    run.refused("pack");
    run.given_up("undo reserve");
    assert_eq!(
        run.parked(),
        Some("undo reserve failed: undo reserve: no answer")
    );
    assert!(run.open().is_empty());
}

#[test]
fn behind_the_pivot_there_is_no_way_back() {
    let mut run = Run::after(&["reserve", "pay", "pack", "send"]);
    run.refused("thank");
    assert_eq!(
        run.parked(),
        Some("no way back, and thank failed: \"thank: no\"")
    );
}

#[test]
fn a_pivot_that_was_given_up_waits_for_a_person_since_it_may_have_been_done() {
    let mut run = Run::after(&["reserve", "pay", "pack"]);
    run.given_up("send");
    assert!(run.parked().is_some());
    let number = run.instance.unknown["send"].number;
    run.retry();
    assert_eq!(run.number("send"), number);
    run.done("send");
    assert_eq!(run.open(), ["thank"]);
}
