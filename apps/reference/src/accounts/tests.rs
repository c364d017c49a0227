use annals::Timestamp;
use annals_testing::given;

use super::close::Close;
use super::deposit::Deposit;
use super::open::Open;
use super::refund::Refund;
use super::settle::Settle;
use super::withdraw::Withdraw;
use super::*;
use crate::ids::InvalidId;
use crate::money::{Amount, Currency, Money};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn usd(minor: i64) -> Money {
    Money::of_minor(minor, Currency::USD)
}

fn opened() -> AccountEvent {
    AccountEvent::Opened {
        account_id: "acc-1".parse().unwrap(),
        owner_id: "me".parse().unwrap(),
        opened_at: at(1),
    }
}

fn deposited(amount: Money) -> AccountEvent {
    AccountEvent::Deposited {
        amount,
        description: None,
        reference: None,
        timestamp: at(2),
    }
}

fn withdrawn(amount: Money) -> AccountEvent {
    AccountEvent::Withdrawn {
        amount,
        description: None,
        reference: None,
        timestamp: at(2),
    }
}

fn closed() -> AccountEvent {
    AccountEvent::Closed {
        reason: None,
        closed_at: at(2),
    }
}

fn open(initial_deposit: Option<Money>) -> AccountCommand {
    AccountCommand::Open(Open {
        account_id: "acc-1".parse().unwrap(),
        owner_id: "me".parse().unwrap(),
        initial_deposit: initial_deposit.map(|money| Amount::new(money).unwrap()),
        at: at(1),
    })
}

fn deposit(amount: Money) -> AccountCommand {
    let amount = Amount::new(amount).unwrap();
    AccountCommand::Deposit(Deposit {
        amount,
        description: None,
        reference: None,
        at: at(2),
    })
}

fn withdraw(amount: Money) -> AccountCommand {
    let amount = Amount::new(amount).unwrap();
    AccountCommand::Withdraw(Withdraw {
        amount,
        description: None,
        reference: None,
        at: at(2),
    })
}

fn close() -> AccountCommand {
    AccountCommand::Close(Close {
        reason: None,
        at: at(2),
    })
}

#[test]
fn opening_and_first_deposit_happen_together() {
    let first = AccountEvent::Deposited {
        amount: usd(50_00),
        description: None,
        reference: None,
        timestamp: at(1),
    };
    given::<Account>([])
        .when(open(Some(usd(50_00))))
        .then([opened(), first]);
    given::<Account>([]).when(open(None)).then([opened()]);
}

#[test]
fn an_account_is_opened_once() {
    let account_id = "acc-1".parse().unwrap();
    given::<Account>([opened()])
        .when(open(None))
        .then_refused(AccountError::AlreadyOpened { account_id });
}

#[test]
fn an_account_takes_nothing_before_it_is_opened() {
    for command in [deposit(usd(1)), withdraw(usd(1)), close()] {
        given::<Account>([])
            .when(command)
            .then_refused(AccountError::NotOpened);
    }
}

#[test]
fn a_closed_account_takes_nothing_any_more() {
    for command in [deposit(usd(1)), withdraw(usd(1)), close()] {
        given::<Account>([opened(), closed()])
            .when(command)
            .then_refused(AccountError::Closed);
    }
}

#[test]
fn a_withdrawal_up_to_the_balance_is_paid_and_beyond_it_refused() {
    let history = || [opened(), deposited(usd(50_00))];
    given::<Account>(history())
        .when(withdraw(usd(50_00)))
        .then([withdrawn(usd(50_00))]);
    let (balance, asked) = (usd(50_00), usd(50_01));
    given::<Account>(history())
        .when(withdraw(asked))
        .then_refused(AccountError::InsufficientFunds { balance, asked });
}

#[test]
fn the_first_deposit_sets_the_currency() {
    let czk = Money::of_minor(100, Currency::CZK);
    given::<Account>([opened()])
        .when(deposit(czk))
        .then([deposited(czk)]);
    let mismatch = || AccountError::CurrencyMismatch {
        kept: Currency::CZK,
        asked: Currency::USD,
    };
    let history = || [opened(), deposited(czk), withdrawn(czk)];
    given::<Account>(history())
        .when(deposit(usd(1)))
        .then_refused(mismatch());
    given::<Account>(history())
        .when(withdraw(usd(1)))
        .then_refused(mismatch());
}

#[test]
fn the_balance_is_bounded() {
    let balance = usd(Money::MAX_MINOR);
    given::<Account>([opened(), deposited(balance)])
        .when(deposit(usd(1)))
        .then_refused(AccountError::BalanceLimit {
            balance,
            most: balance,
        });
}

#[test]
fn only_an_empty_account_is_closed() {
    let balance = usd(1);
    given::<Account>([opened(), deposited(balance)])
        .when(close())
        .then_refused(AccountError::BalanceNotZero { balance });
    given::<Account>([opened(), deposited(balance), withdrawn(balance)])
        .when(close())
        .then([closed()]);
}

#[test]
fn ids_may_hold_what_separates_names_and_nothing_else() {
    let longest = "x".repeat(100);
    for id in ["acc-123", "a:b.c_-d", "-", "A", longest.as_str()] {
        let stream = annals::StreamId::new("BankAccount", id).unwrap();
        assert_eq!(stream.id(), id);
        assert_eq!(id.parse::<AccountId>().unwrap().as_str(), id);
    }
    for id in ["", " ", "a b", "a/b", "ä", "a\n", &"x".repeat(101)] {
        assert_eq!(id.parse::<AccountId>(), Err(InvalidId), "{id:?}");
    }
}

#[test]
fn a_refusal_is_read_back_as_it_was_remembered() {
    let refusals = [
        AccountError::NotOpened,
        AccountError::Closed,
        AccountError::InsufficientFunds {
            balance: usd(1),
            asked: usd(2),
        },
        AccountError::CurrencyMismatch {
            kept: Currency::CZK,
            asked: Currency::USD,
        },
    ];
    for refusal in refusals {
        let json = serde_json::to_vec(&refusal).unwrap();
        assert_eq!(
            serde_json::from_slice::<AccountError>(&json).unwrap(),
            refusal
        );
    }
}

fn reference() -> Reference {
    Reference::to("transfer", "t-1")
}

fn withdrawn_for(reference: Reference, amount: Money) -> AccountEvent {
    AccountEvent::Withdrawn {
        amount,
        description: None,
        reference: Some(reference),
        timestamp: at(2),
    }
}

fn given_back(amount: Money) -> AccountEvent {
    AccountEvent::Deposited {
        amount,
        description: Some("no such account".to_owned()),
        reference: Some(reference()),
        timestamp: at(3),
    }
}

fn settled() -> AccountEvent {
    AccountEvent::Settled {
        reference: reference(),
        settled_at: at(3),
    }
}

fn withdraw_for(reference: Reference, amount: Money) -> AccountCommand {
    AccountCommand::Withdraw(Withdraw {
        amount: Amount::new(amount).unwrap(),
        description: None,
        reference: Some(reference),
        at: at(2),
    })
}

fn refund() -> AccountCommand {
    AccountCommand::Refund(Refund {
        reference: reference(),
        reason: "no such account".to_owned(),
        at: at(3),
    })
}

fn settle() -> AccountCommand {
    AccountCommand::Settle(Settle {
        reference: reference(),
        at: at(3),
    })
}

/// All that was there was paid out as part of a transfer.
fn with_a_pending_payment() -> [AccountEvent; 3] {
    let amount = usd(50_00);
    [
        opened(),
        deposited(amount),
        withdrawn_for(reference(), amount),
    ]
}

#[test]
fn what_is_pending_is_given_back_once() {
    let reference = reference();
    given::<Account>(with_a_pending_payment())
        .when(refund())
        .then([given_back(usd(50_00))]);
    let history = with_a_pending_payment().into_iter();
    given::<Account>(history.chain([given_back(usd(50_00))]))
        .when(refund())
        .then_refused(AccountError::NothingPending { reference });
}

#[test]
fn what_is_settled_is_not_given_back() {
    let reference = reference();
    given::<Account>(with_a_pending_payment())
        .when(settle())
        .then([settled()]);
    let history = || with_a_pending_payment().into_iter().chain([settled()]);
    given::<Account>(history()).when(settle()).then([]);
    given::<Account>(history())
        .when(refund())
        .then_refused(AccountError::NothingPending { reference });
}

#[test]
fn nothing_is_settled_on_an_account_that_is_not_there() {
    given::<Account>([])
        .when(settle())
        .then_refused(AccountError::NotOpened);
}

#[test]
fn an_account_with_a_pending_payment_stays_open() {
    given::<Account>(with_a_pending_payment())
        .when(close())
        .then_refused(AccountError::PaymentsPending { count: 1 });
    let history = with_a_pending_payment().into_iter();
    given::<Account>(history.chain([settled()]))
        .when(close())
        .then([closed()]);
}

#[test]
fn what_is_pending_keeps_its_place() {
    let most = usd(Money::MAX_MINOR);
    let history = [
        opened(),
        deposited(most),
        withdrawn_for(reference(), usd(50)),
    ];
    let balance = usd(Money::MAX_MINOR - 50);
    given::<Account>(history)
        .when(deposit(usd(1)))
        .then_refused(AccountError::BalanceLimit { balance, most });
}

#[test]
fn one_payment_is_pending_for_each_reference() {
    let reference = reference();
    let more = [deposited(usd(1))];
    given::<Account>(with_a_pending_payment().into_iter().chain(more))
        .when(withdraw_for(reference.clone(), usd(1)))
        .then_refused(AccountError::AlreadyPending { reference });
}

#[test]
fn as_many_payments_are_pending_as_a_state_can_hold() {
    let most = 100;
    let numbered = |number: usize| Reference::to("transfer", &number.to_string());
    let pending = (1..=most).map(|number| withdrawn_for(numbered(number), usd(1)));
    let history = [opened(), deposited(usd(50_00))];
    let history = || history.clone().into_iter().chain(pending.clone());
    given::<Account>(history())
        .when(withdraw_for(numbered(0), usd(1)))
        .then_refused(AccountError::TooManyPending { most });
    given::<Account>(history())
        .when(withdraw(usd(1)))
        .then([withdrawn(usd(1))]);
}
