//! What is expected of a projection: its rows, and what each event changed.

use annals_core::Timestamp;

use super::account::{AccountEvent, Balance};
use super::{deposited, withdrawn};
use crate::given::{Row, RowChange, given_events, given_events_for_tables, happened};

use super::wrong::Statement;

fn balance(account: &str, changes: u32, changed_at: Timestamp) -> Balance {
    Balance {
        account: account.to_owned(),
        amount: 30,
        changes,
        changed_at,
    }
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn rows_as_expected_pass() {
    given_events::<Balance>([
        happened("Account-1", deposited(50)),
        happened("Account-2", deposited(5)),
        happened("Account-1", withdrawn(20)).at(Timestamp::UNIX_EPOCH),
        happened("Account-2", AccountEvent::Closed),
    ])
    .then([balance("1", 2, second(0))])
    .then_row(balance("1", 2, second(0)))
    .then_no_row::<Balance>("2")
    .then_no_row::<Balance>("3");
}

#[test]
fn rows_are_expected_in_any_order() {
    let rows = ["2", "1"].map(|account| balance(account, 1, second(0)));
    let accounts = ["Account-1", "Account-2"];
    let events = accounts.map(|account| happened(account, deposited(30)).at(second(0)));
    given_events::<Balance>(events).then(rows);
}

#[test]
fn each_event_is_recorded_a_second_after_the_one_before() {
    given_events::<Balance>([
        happened("Account-1", deposited(30)),
        happened("Account-2", deposited(30)),
        happened("Account-3", deposited(30)).at(second(100)),
        happened("Account-4", deposited(30)),
    ])
    .then([
        balance("1", 1, second(0)),
        balance("2", 1, second(1)),
        balance("3", 1, second(100)),
        balance("4", 1, second(101)),
    ]);
}

#[test]
fn events_of_other_categories_are_not_folded() {
    given_events::<Balance>([happened("Order-1", deposited(50))]).then::<Balance>([]);
}

#[test]
#[should_panic(expected = "balances has other rows
(- expected, + actual)
- balances [\"1\"] amount 30, changes 2, changed_at \"1970-01-01T00:00:00.000000000Z\"
+ balances [\"1\"] amount 30, changes 1, changed_at \"1970-01-01T00:00:00.000000000Z\"
+ balances [\"2\"] amount 5, changes 1, changed_at \"1970-01-01T00:00:01.000000000Z\"
")]
fn other_rows_fail_and_the_difference_is_shown() {
    given_events::<Balance>([
        happened("Account-1", deposited(30)),
        happened("Account-2", deposited(5)),
    ])
    .then([balance("1", 2, second(0))]);
}

#[test]
#[should_panic(expected = "the row is another one\n(- expected, + actual)\n- balances [\"1\"]")]
fn another_row_fails() {
    given_events::<Balance>([happened("Account-1", deposited(50))]).then_row(balance(
        "1",
        1,
        second(0),
    ));
}

#[test]
#[should_panic(expected = "there is no row balances [\"2\"]")]
fn a_missing_row_fails() {
    given_events::<Balance>([happened("Account-1", deposited(50))]).then_row(balance(
        "2",
        1,
        second(0),
    ));
}

#[test]
#[should_panic(expected = "there is a row, expected none\nbalances [\"1\"]")]
fn an_unexpected_row_fails() {
    given_events::<Balance>([happened("Account-1", deposited(50))]).then_no_row::<Balance>("1");
}

#[test]
#[should_panic(expected = "the projection declares no balances")]
fn a_row_of_a_table_that_is_not_declared_fails() {
    given_events_for_tables::<Statement>([]).then::<Balance>([]);
}

#[test]
#[should_panic(expected = "event at position 2 cannot be applied")]
fn an_event_that_cannot_be_applied_fails() {
    given_events_for_tables::<Statement>([
        happened("Account-1", deposited(50)),
        happened("Account-1", AccountEvent::Closed),
    ]);
}

#[test]
fn each_step_shows_what_changed() {
    let given = given_events::<Balance>([
        happened("Account-a", deposited(5)),
        happened("Account-a", deposited(7)).at(second(0)),
        happened("Order-a", deposited(7)),
        happened("Account-a", AccountEvent::Closed),
    ]);
    let steps = given.steps();
    let shown: Vec<String> = steps.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            r#"position 1, Account-a, Deposited: balances ["a"] amount 5, changes 1, changed_at "1970-01-01T00:00:00.000000000Z" (new)"#,
            r#"position 2, Account-a, Deposited: balances ["a"] amount 5 -> 12, changes 1 -> 2"#,
            "position 3, Order-a, Deposited: nothing",
            r#"position 4, Account-a, Closed: balances ["a"] deleted"#,
        ]
    );
    let of_five = Row::of(&Balance {
        amount: 5,
        ..balance("a", 1, second(0))
    });
    assert_eq!(steps[0].changes, [RowChange::Added(of_five)]);
}

#[test]
fn a_step_shows_each_row_of_each_table_that_changed() {
    let given = given_events_for_tables::<Statement>([
        happened("Account-a", deposited(5)),
        happened("Account-a", withdrawn(2)),
    ]);
    assert_eq!(
        given.steps()[1].to_string(),
        "position 2, Account-a, Withdrawn: \
         payments [2] balance_after 3 (new); statement_balances [\"a\"] amount 5 -> 3"
    );
}
