use account::{Account, AccountCommand, AccountError, AccountEvent};

use super::given;

mod account;
mod checks;
mod interleavings;
mod projection;
mod saga;
mod tables;
mod wrong;

fn deposited(amount: i64) -> AccountEvent {
    AccountEvent::Deposited { amount }
}

fn withdrawn(amount: i64) -> AccountEvent {
    AccountEvent::Withdrawn { amount }
}

fn withdraw(amount: i64) -> AccountCommand {
    AccountCommand::Withdraw { amount }
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
