use annals::{StreamVersion, Timestamp};
use annals_testing::{GivenEvents, Happened, given_events, given_events_for_tables, happened};

use super::*;
use crate::accounts::{AccountEvent, Status};
use crate::money::{Currency, Money, Total};

/// An account in Czech crowns, and one in US dollars that is closed, on two days.
fn two_accounts() -> [Happened<AccountEvent>; 7] {
    [
        happened("BankAccount-a", opened("a", noon(1))),
        happened("BankAccount-b", opened("b", noon(1))),
        happened("BankAccount-a", deposited(czk(5000), noon(1))),
        happened("BankAccount-b", deposited(usd(500), noon(1))),
        happened("BankAccount-a", withdrawn(czk(2000), noon(2))),
        happened("BankAccount-b", withdrawn(usd(500), noon(2))),
        happened("BankAccount-b", closed(noon(2))),
    ]
}

/// Whatever happens on the way, the rows are the same: no account depends on another one.
fn in_every_way(given: GivenEvents) -> GivenEvents {
    given
        .under_every_batching()
        .with_restarts_at_every_step()
        .with_repeats()
        .reordered_across_streams()
}

#[test]
fn balances_hold_each_account_as_it_is_now() {
    let crowns = AccountBalance {
        account_id: "a".parse().unwrap(),
        owner_id: "me".parse().unwrap(),
        status: Status::Active,
        currency: Some(Currency::CZK),
        balance_minor: 3000,
        opened_at: noon(1),
        updated_at: noon(2),
        version: StreamVersion(3),
    };
    let dollars = AccountBalance {
        account_id: "b".parse().unwrap(),
        status: Status::Closed,
        currency: Some(Currency::USD),
        balance_minor: 0,
        version: StreamVersion(4),
        ..crowns.clone()
    };
    in_every_way(given_events::<AccountBalance>(two_accounts())).then([crowns, dollars]);
}

#[test]
fn transactions_tell_the_balance_after_each_payment() {
    let deposit = Transaction {
        account_id: "a".parse().unwrap(),
        version: StreamVersion(2),
        kind: TransactionKind::Deposit,
        currency: Currency::CZK,
        amount_minor: 5000,
        description: None,
        reference: None,
        balance_after_minor: 5000,
        at: noon(1),
    };
    let withdrawal = Transaction {
        version: StreamVersion(3),
        kind: TransactionKind::Withdrawal,
        amount_minor: 2000,
        balance_after_minor: 3000,
        at: noon(2),
        ..deposit.clone()
    };
    let each_once = |currency| PaymentCounts {
        currency,
        deposits: 1,
        withdrawals: 1,
    };
    in_every_way(given_events_for_tables::<TransactionHistory>(two_accounts()))
        .then_row(deposit)
        .then_row(withdrawal)
        .then([each_once(Currency::CZK), each_once(Currency::USD)]);
}

#[test]
fn days_sum_up_the_payments_of_each_account() {
    let first = DailySummary {
        account_id: "a".parse().unwrap(),
        day: "2024-03-01".parse().unwrap(),
        currency: Currency::CZK,
        deposits: 1,
        deposited: Total::default().plus(czk(5000)),
        withdrawals: 0,
        withdrawn: Total::default(),
    };
    let second = DailySummary {
        day: "2024-03-02".parse().unwrap(),
        deposits: 0,
        deposited: Total::default(),
        withdrawals: 1,
        withdrawn: Total::default().plus(czk(2000)),
        ..first.clone()
    };
    in_every_way(given_events::<DailySummary>(two_accounts()))
        .then_row(first)
        .then_row(second);
}

#[test]
fn the_summary_counts_the_accounts_of_each_currency() {
    let crowns = CurrencySummary {
        active: 1,
        total: Total::default().plus(czk(3000)),
        ..CurrencySummary::none(Currency::CZK)
    };
    let dollars = CurrencySummary {
        closed: 1,
        ..CurrencySummary::none(Currency::USD)
    };
    in_every_way(given_events_for_tables::<AccountSummary>(two_accounts())).then([crowns, dollars]);
}

#[test]
fn the_first_deposit_moves_an_account_to_its_currency() {
    let steps = given_events_for_tables::<AccountSummary>(two_accounts()).steps();
    assert_eq!(
        steps[0].to_string(),
        "position 1, BankAccount-a, AccountOpened: account_summary [\"USD\"] \
         active 1, closed 0, total \"00000000000000000000000000000000000000\" (new)"
    );
    assert_eq!(
        steps[2].to_string(),
        "position 3, BankAccount-a, MoneyDeposited: \
         account_currencies [\"a\"] currency \"CZK\" (new); account_summary [\"CZK\"] \
         active 1, closed 0, total \"00000000000000000000000000000000005000\" (new); \
         account_summary [\"USD\"] active 2 -> 1"
    );
}

fn noon(day: i8) -> Timestamp {
    format!("2024-03-0{day}T12:00:00Z").parse().unwrap()
}

fn usd(minor: i64) -> Money {
    Money::of_minor(minor, Currency::USD)
}

fn czk(minor: i64) -> Money {
    Money::of_minor(minor, Currency::CZK)
}

fn opened(account: &str, opened_at: Timestamp) -> AccountEvent {
    AccountEvent::Opened {
        account_id: account.parse().unwrap(),
        owner_id: "me".parse().unwrap(),
        opened_at,
    }
}

fn deposited(amount: Money, timestamp: Timestamp) -> AccountEvent {
    AccountEvent::Deposited {
        amount,
        description: None,
        reference: None,
        timestamp,
    }
}

fn withdrawn(amount: Money, timestamp: Timestamp) -> AccountEvent {
    AccountEvent::Withdrawn {
        amount,
        description: None,
        reference: None,
        timestamp,
    }
}

fn closed(closed_at: Timestamp) -> AccountEvent {
    AccountEvent::Closed {
        reason: None,
        closed_at,
    }
}
