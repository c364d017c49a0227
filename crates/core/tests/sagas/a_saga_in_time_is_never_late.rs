use serde_json::json;

use crate::errand::Run;

#[test]
fn one_that_takes_too_long_is_undone_once_what_is_open_is_answered() {
    let mut run = Run::after(&["reserve", "pay"]);
    assert_eq!(run.timed_out(), []);
    assert_eq!(run.open(), ["pack"]);
    run.done("pack");
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo pay", "undo reserve", "once undone"]
    );
    assert_eq!(run.compensated(), Some(&json!("it took too long")));
}

#[test]
fn at_the_pivot_it_is_not_late_any_more() {
    let mut run = Run::after(&["reserve", "pay", "pack"]);
    run.timed_out();
    assert_eq!(run.carry_out_all(), ["send", "thank"]);
    assert!(run.is_completed());
}

#[test]
fn behind_the_pivot_no_time_is_measured() {
    let run = Run::after(&["reserve", "pay", "pack", "send"]);
    assert!(run.instance.timers.is_empty());
}

#[test]
fn on_its_way_back_no_time_is_measured() {
    let mut run = Run::after(&["reserve"]);
    run.refused("pay");
    run.done("pack");
    assert!(run.instance.timers.is_empty());
    assert_eq!(run.timed_out(), []);
    assert_eq!(
        run.carry_out_all(),
        ["undo pack", "undo reserve", "once undone"]
    );
}
