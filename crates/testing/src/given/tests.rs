use account::{Account, AccountCommand, AccountError, AccountEvent, Balance};
use annals_core::Timestamp;

use super::{given, given_events, happened};

mod account;

fn balance(account: &str, changes: u32, changed_at: Timestamp) -> Balance {
    Balance {
        account: account.to_owned(),
        amount: 30,
        changes,
        changed_at,
    }
}

fn deposited(amount: i64) -> AccountEvent {
    AccountEvent::Deposited { amount }
}

fn withdrawn(amount: i64) -> AccountEvent {
    AccountEvent::Withdrawn { amount }
}

fn withdraw(amount: i64) -> AccountCommand {
    AccountCommand::Withdraw { amount }
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn a_decision_as_expected_passes() {
    given::<Account>([deposited(50)])
        .when(withdraw(20))
        .then([withdrawn(20)]);
}

#[test]
fn a_refusal_as_expected_passes() {
    given::<Account>([deposited(50), withdrawn(20)])
        .when(withdraw(40))
        .then_refused(AccountError::InsufficientFunds { balance: 30 });
}

#[test]
fn nothing_to_do_as_expected_passes() {
    given::<Account>([]).when(withdraw(0)).then_nothing();
}

#[test]
#[should_panic(expected = "- Withdrawn { amount: 10 }\n+ Withdrawn { amount: 20 }")]
fn another_decision_fails_and_shows_the_difference() {
    given::<Account>([deposited(50)])
        .when(withdraw(20))
        .then([withdrawn(10)]);
}

#[test]
#[should_panic(expected = "  Withdrawn { amount: 20 }\n- Withdrawn { amount: 1 }")]
fn a_missing_event_fails_and_shows_the_difference() {
    given::<Account>([deposited(50)])
        .when(withdraw(20))
        .then([withdrawn(20), withdrawn(1)]);
}

#[test]
#[should_panic(expected = "refused, by InsufficientFunds { balance: 0 }")]
fn a_refusal_where_a_decision_was_expected_fails() {
    given::<Account>([])
        .when(withdraw(20))
        .then([withdrawn(20)]);
}

#[test]
#[should_panic(expected = "decided other events")]
fn a_decision_where_nothing_was_expected_fails() {
    given::<Account>([deposited(50)])
        .when(withdraw(20))
        .then_nothing();
}

#[test]
#[should_panic(expected = "expected the refusal InsufficientFunds")]
fn a_decision_where_a_refusal_was_expected_fails() {
    given::<Account>([deposited(50)])
        .when(withdraw(20))
        .then_refused(AccountError::InsufficientFunds { balance: 50 });
}

#[test]
#[should_panic(expected = "refused otherwise")]
fn another_refusal_fails() {
    given::<Account>([deposited(5)])
        .when(withdraw(20))
        .then_refused(AccountError::InsufficientFunds { balance: 50 });
}

#[test]
fn rows_as_expected_pass() {
    given_events::<Balance>([
        happened("Account-1", deposited(50)),
        happened("Account-2", deposited(5)),
        happened("Account-1", withdrawn(20)).at(Timestamp::UNIX_EPOCH),
        happened("Account-2", AccountEvent::Closed),
    ])
    .then_row("1", balance("1", 2, second(0)))
    .then_no_row("2")
    .then_no_row("3");
}

#[test]
fn each_event_is_recorded_a_second_after_the_one_before() {
    given_events::<Balance>([
        happened("Account-1", deposited(30)),
        happened("Account-2", deposited(30)),
        happened("Account-3", deposited(30)).at(second(100)),
        happened("Account-4", deposited(30)),
    ])
    .then_row("1", balance("1", 1, second(0)))
    .then_row("2", balance("2", 1, second(1)))
    .then_row("3", balance("3", 1, second(100)))
    .then_row("4", balance("4", 1, second(101)));
}

#[test]
fn events_of_other_categories_are_not_folded() {
    given_events::<Balance>([happened("Order-1", deposited(50))]).then_no_row("1");
}

#[test]
#[should_panic(expected = "the row of \"1\" is another one")]
fn another_row_fails() {
    given_events::<Balance>([happened("Account-1", deposited(50))])
        .then_row("1", balance("1", 1, second(0)));
}

#[test]
#[should_panic(expected = "there is no row of \"2\"")]
fn a_missing_row_fails() {
    given_events::<Balance>([happened("Account-1", deposited(50))])
        .then_row("2", balance("2", 1, second(0)));
}

#[test]
#[should_panic(expected = "there is a row of \"1\", expected none")]
fn an_unexpected_row_fails() {
    given_events::<Balance>([happened("Account-1", deposited(50))]).then_no_row("1");
}
