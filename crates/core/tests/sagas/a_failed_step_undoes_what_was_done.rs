use annals_core::{Decision, Ending};
use serde_json::json;

use crate::errand::Run;

#[test]
fn what_was_done_is_undone_in_reverse() {
    let mut run = Run::after(&["reserve", "pay", "pack"]);
    run.refused("send");
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo pay", "undo reserve", "once undone"]
    );
    assert_eq!(run.compensated(), Some(&json!("send: no")));
}

#[test]
fn steps_beside_each_other_are_undone_against_the_order_of_their_answers() {
    let mut run = Run::after(&["reserve", "pack", "pay"]);
    run.refused("send");
    assert_eq!(
        run.carry_out_all(),
        ["undo pay", "undo pack", "undo reserve", "once undone"]
    );
}

#[test]
fn nothing_is_undone_while_a_step_beside_it_is_not_answered() {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    assert_eq!(run.open(), ["pack"]);
    run.done("pack");
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo reserve", "once undone"]
    );
}

#[test]
fn a_refused_step_has_changed_nothing_and_is_not_undone() {
    let mut run = Run::new();
    run.refused("reserve");
    assert_eq!(run.carry_out_all(), ["once undone"]);
    assert_eq!(run.compensated(), Some(&json!("reserve: no")));
}

#[test]
fn of_steps_that_failed_the_first_is_the_reason() {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    run.refused("pack");
    run.carry_out_all();
    assert_eq!(run.compensated(), Some(&json!("pay: no")));
}

#[test]
fn going_back_stops_the_timeout() {
    let mut run = Run::new();
    let name = "timeout".to_owned();
    let refused = run.refused("reserve");
    assert!(refused.contains(&Decision::CancelTimer { name }));
    assert!(run.instance.timers.is_empty());
}

#[test]
fn whoever_is_to_be_told_that_all_was_undone_is_told_last_and_why() {
    let mut run = Run::after(&["reserve", "pack"]);
    run.refused("pay");
    run.done("undo pack");
    let end = run.done("undo reserve");
    assert_eq!(run.open(), ["once undone"], "{end:?}");
    let told = "tell that there is no flour: \"pay: no\"";
    assert_eq!(run.payload("once undone")["what"], told);
    let reason = json!("pay: no");
    let end = Decision::End(Ending::Compensated { reason });
    assert_eq!(run.done("once undone"), [end]);
}

#[test]
fn telling_that_fails_waits_for_a_person_who_retries_or_skips_it() {
    for ask in [Run::retry, Run::skip] {
        let mut run = Run::new();
        run.refused("reserve");
        run.given_up("once undone");
        let reason = "once undone failed: once undone: no answer";
        assert_eq!(run.parked(), Some(reason));
        ask(&mut run);
        run.carry_out_all();
        assert!(run.compensated().is_some());
    }
}

#[test]
fn a_step_that_was_given_up_may_have_been_done_and_is_undone_where_that_does_no_harm() {
    let mut run = Run::new();
    run.given_up("reserve");
    assert_eq!(run.carry_out_all(), ["undo reserve", "once undone"]);
    assert_eq!(run.compensated(), Some(&json!("reserve: no answer")));
}

/// Parked because nobody knows whether it was paid.
fn parked_not_knowing() -> Run {
    let mut run = Run::after(&["reserve", "pack"]);
    run.given_up("pay");
    let reason = "nobody knows whether pay was done: \"pay: no answer\"";
    assert_eq!(run.parked(), Some(reason));
    run
}

#[test]
fn a_step_of_which_nobody_knows_whether_it_was_done_waits_for_a_person() {
    let run = parked_not_knowing();
    assert!(run.open().is_empty());
}

#[test]
fn whoever_retries_or_insists_finds_out_first_under_the_same_number() {
    for ask in [Run::retry, Run::compensate] {
        let mut run = parked_not_knowing();
        let number = run.instance.unknown["pay"].number;
        ask(&mut run);
        assert_eq!((run.open(), run.number("pay")), (vec!["pay"], number));
        run.done("pay");
        let undone = ["undo pay", "undo pack", "undo reserve", "once undone"];
        assert_eq!(run.carry_out_all(), undone);
    }
}

#[test]
fn what_turns_out_not_to_have_been_done_is_not_undone() {
    let mut run = parked_not_knowing();
    run.retry();
    run.refused("pay");
    let undone = ["undo pack", "undo reserve", "once undone"];
    assert_eq!(run.carry_out_all(), undone);
}

#[test]
fn what_stays_unknown_stays_parked() {
    let mut run = parked_not_knowing();
    run.retry();
    run.given_up("pay");
    assert!(run.parked().is_some() && run.open().is_empty());
}

#[test]
fn a_step_that_is_said_to_have_been_done_is_undone() {
    let mut run = parked_not_knowing();
    run.skip();
    let undone = ["undo pay", "undo pack", "undo reserve", "once undone"];
    assert_eq!(run.carry_out_all(), undone);
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
