use annals_core::{Answer, Asked, Ending, Input, SagaStatus};
use serde_json::json;

use crate::errand::Run;

/// Parked because undoing the only thing done failed.
fn parked_going_back() -> Run {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    run.done("pack");
    run.given_up("undo pack");
    run
}

/// Parked because there is no way back.
fn parked_behind_pivot() -> Run {
    let mut run = Run::after(&["reserve", "pay", "pack", "send"]);
    run.given_up("thank");
    run
}

#[test]
fn undoing_is_retried_under_the_same_number() {
    let mut run = parked_going_back();
    let number = run.instance.unknown["undo pack"].number;
    run.retry();
    assert_eq!(run.instance.status, SagaStatus::Running);
    assert_eq!(
        (run.open(), run.number("undo pack")),
        (vec!["undo pack"], number)
    );
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo reserve", "once undone"]
    );
    assert!(run.compensated().is_some());
}

#[test]
fn undoing_that_is_skipped_goes_on_with_what_was_done_before() {
    let mut run = parked_going_back();
    run.skip();
    assert_eq!(run.carry_out_all(), ["undo reserve", "once undone"]);
    assert!(run.compensated().is_some());
}

#[test]
fn a_step_behind_the_pivot_is_retried() {
    let mut run = parked_behind_pivot();
    run.retry();
    assert_eq!(run.carry_out_all(), ["thank"]);
    assert!(run.is_completed());
}

#[test]
fn a_refused_step_is_retried_as_another_call() {
    let mut run = Run::after(&["reserve", "pay", "pack", "send"]);
    let refused = run.number("thank");
    run.refused("thank");
    run.retry();
    assert!(
        run.number("thank") > refused,
        "its refusal is remembered under its number"
    );
}

#[test]
fn a_step_that_is_skipped_is_as_good_as_done() {
    let mut run = parked_behind_pivot();
    run.skip();
    assert!(run.is_completed());
}

#[test]
fn whoever_insists_undoes_also_what_is_behind_the_pivot() {
    let mut run = parked_behind_pivot();
    run.compensate();
    assert_eq!(
        run.carry_out_all(),
        [
            "undo send",
            "undo pack",
            "undo pay",
            "undo reserve",
            "once undone"
        ]
    );
    assert_eq!(run.compensated(), Some(&json!("not wanted any more")));
}

#[test]
fn a_step_that_was_given_up_and_skipped_is_undone_once() {
    let mut run = Run::after(&["reserve", "pay", "pack"]);
    run.given_up("send");
    run.skip();
    run.refused("thank");
    run.compensate();
    assert_eq!(
        run.carry_out_all(),
        [
            "undo send",
            "undo pack",
            "undo pay",
            "undo reserve",
            "once undone"
        ]
    );
}

#[test]
fn one_that_runs_goes_back_once_what_is_open_is_answered() {
    let mut run = Run::after(&["reserve"]);
    run.compensate();
    assert_eq!(run.open(), ["pack", "pay"]);
    run.done("pay");
    run.done("pack");
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo pay", "undo reserve", "once undone"]
    );
}

#[test]
fn one_that_goes_back_is_not_sent_back_twice() {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    run.done("pack");
    let before = run.instance.clone();
    assert_eq!(run.compensate(), []);
    assert_eq!(run.instance, before);
}

#[test]
fn one_that_is_parked_on_its_way_back_goes_on_when_it_is_sent_back() {
    let mut run = parked_going_back();
    run.compensate();
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo reserve", "once undone"]
    );
}

#[test]
fn one_that_runs_can_neither_be_retried_nor_skipped() {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    let before = run.instance.clone();
    assert_eq!((run.retry(), run.skip()), (vec![], vec![]));
    assert_eq!(run.instance, before);
}

#[test]
fn one_that_is_cancelled_is_over_as_it_is() {
    let mut run = Run::after(&["reserve"]);
    let reason = "by hand".to_owned();
    run.tell(Input::Asked(Asked::Cancel {
        reason: reason.clone(),
    }));
    let ended = SagaStatus::Ended(Ending::Cancelled { reason });
    assert_eq!(run.instance.status, ended);
    assert_eq!((run.open(), run.instance.due()), (vec![], None));
}

/// Parked because the receipt for the reservation cannot be read.
fn parked_over_a_receipt() -> Run {
    let mut run = Run::new();
    run.answer("reserve", Answer::Done(json!({ "number": 7 })));
    let reason = run.parked().unwrap();
    assert!(
        reason.starts_with("the reply of reserve cannot be read"),
        "{reason}"
    );
    run
}

#[test]
fn a_reply_that_cannot_be_read_is_read_again_by_other_code() {
    let mut run = parked_over_a_receipt();
    run.retry();
    assert!(run.parked().is_some(), "by the same code it stays as it is");
    assert_eq!(run.open(), [""; 0]);
    // Other code reads such a receipt as this.
    run.instance.state["replies"]["reserve"] = json!("number 7");
    run.retry();
    assert_eq!(run.payload("pay")["receipts"], json!(["number 7"]));
}

#[test]
fn a_reply_that_cannot_be_read_is_skipped_if_somebody_says_so() {
    let mut run = parked_over_a_receipt();
    run.skip();
    assert_eq!(run.payload("pay")["receipts"], json!([]));
    run.carry_out_all();
    assert!(run.is_completed());
}

#[test]
fn one_with_a_reply_that_cannot_be_read_is_undone_without_it() {
    let mut run = parked_over_a_receipt();
    run.compensate();
    assert!(run.parked().is_some());
    run.skip();
    assert_eq!(run.carry_out_all(), ["undo reserve", "once undone"]);
    assert!(run.compensated().is_some());
}
