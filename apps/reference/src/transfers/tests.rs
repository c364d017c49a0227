use std::time::Duration;

use annals::{Ending, Stepped, Timestamp};
use annals_testing::{GivenSaga, given, given_saga, happened};
use serde_json::json;

use super::complete::{Complete, CompleteTransfer};
use super::refund::{Refund, RefundTransfer};
use super::request::Request;
use super::saga::MoneyTransfer;
use super::*;
use crate::accounts::AccountError;
use crate::accounts::payments::{DepositFor, RefundFor, SettleFor, WithdrawFor};
use crate::money::{Amount, Currency, Money};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn usd(minor: i64) -> Money {
    Money::of_minor(minor, Currency::USD)
}

fn requested() -> TransferEvent {
    TransferEvent::Requested {
        transfer_id: "t-1".parse().unwrap(),
        from: "acc-1".parse().unwrap(),
        to: "acc-2".parse().unwrap(),
        amount: usd(50_00),
        description: None,
        requested_at: at(1),
    }
}

fn completed() -> TransferEvent {
    TransferEvent::Completed {
        completed_at: at(2),
    }
}

fn refunded() -> TransferEvent {
    TransferEvent::Refunded {
        reason: "closed".to_owned(),
        refunded_at: at(2),
    }
}

fn request() -> TransferCommand {
    TransferCommand::Request(Request {
        transfer_id: "t-1".parse().unwrap(),
        from: "acc-1".parse().unwrap(),
        to: "acc-2".parse().unwrap(),
        amount: Amount::new(usd(50_00)).unwrap(),
        description: None,
        at: at(1),
    })
}

fn complete() -> TransferCommand {
    TransferCommand::Complete(Complete { at: at(2) })
}

fn refund() -> TransferCommand {
    TransferCommand::Refund(Refund {
        reason: "closed".to_owned(),
        at: at(2),
    })
}

#[test]
fn a_transfer_is_asked_for_once() {
    given::<Transfer>([]).when(request()).then([requested()]);
    let transfer_id = "t-1".parse().unwrap();
    given::<Transfer>([requested()])
        .when(request())
        .then_refused(TransferError::AlreadyRequested { transfer_id });
}

#[test]
fn a_transfer_ends_one_way_and_once() {
    given::<Transfer>([requested()])
        .when(complete())
        .then([completed()]);
    given::<Transfer>([requested()])
        .when(refund())
        .then([refunded()]);
    given::<Transfer>([requested(), completed()])
        .when(complete())
        .then([]);
    given::<Transfer>([requested(), refunded()])
        .when(refund())
        .then([]);
    given::<Transfer>([requested(), completed()])
        .when(refund())
        .then_refused(TransferError::Completed);
    given::<Transfer>([requested(), refunded()])
        .when(complete())
        .then_refused(TransferError::Refunded);
}

#[test]
fn what_nobody_asked_for_does_not_end() {
    for command in [complete(), refund()] {
        given::<Transfer>([])
            .when(command)
            .then_refused(TransferError::NotRequested);
    }
}

type Transfers = Stepped<MoneyTransfer>;

fn begun() -> GivenSaga<Transfers> {
    given_saga::<Transfers>([])
        .when_happened(happened("Transfer-t-1", requested()))
        .then_calls(["withdraw"])
}

fn withdrawn() -> GivenSaga<Transfers> {
    begun()
        .when_done::<WithdrawFor>("withdraw", &())
        .then_calls(["deposit"])
}

/// What the transfer is told at last.
#[track_caller]
fn told(saga: &GivenSaga<Transfers>) -> &str {
    let call = &saga.instance().calls["once undone"].call;
    assert_eq!(call.request.command, "RefundTransfer");
    call.request.payload["reason"].as_str().unwrap()
}

#[test]
fn a_transfer_is_settled_and_completed_once_the_money_is_there() {
    withdrawn()
        .when_done::<DepositFor>("deposit", &())
        .then_calls(["settle", "complete"])
        .when_done::<SettleFor>("settle", &())
        .then_nothing()
        .when_done::<CompleteTransfer>("complete", &())
        .then_ended(Ending::Completed);
}

#[test]
fn what_cannot_be_deposited_is_given_back_and_the_transfer_tells_why() {
    let undone = withdrawn()
        .when_refused::<DepositFor>("deposit", &AccountError::Closed)
        .then_calls(["undo withdraw"])
        .when_done::<RefundFor>("undo withdraw", &())
        .then_calls(["once undone"]);
    assert_eq!(told(&undone), "account acc-2: the account is closed");
    let reason = json!(AccountError::Closed);
    undone
        .when_done::<RefundTransfer>("once undone", &())
        .then_ended(Ending::Compensated { reason });
}

#[test]
fn what_was_never_withdrawn_is_not_given_back() {
    let (balance, asked) = (usd(1_00), usd(50_00));
    let refusal = AccountError::InsufficientFunds { balance, asked };
    let undone = begun()
        .when_refused::<WithdrawFor>("withdraw", &refusal)
        .then_calls(["once undone"]);
    assert_eq!(told(&undone), "account acc-1: insufficient funds");
}

#[test]
fn nobody_is_told_how_much_is_on_the_account_of_the_other() {
    let (balance, most) = (usd(9_900), usd(10_000));
    let refusal = AccountError::BalanceLimit { balance, most };
    let undone = withdrawn()
        .when_refused::<DepositFor>("deposit", &refusal)
        .then_calls(["undo withdraw"])
        .when_done::<RefundFor>("undo withdraw", &())
        .then_calls(["once undone"]);
    assert_eq!(
        told(&undone),
        "account acc-2: the balance would be too large"
    );
}

#[test]
fn a_withdrawal_of_which_nobody_knows_waits_for_a_person() {
    begun()
        .when_given_up("withdraw")
        .then_parked()
        .when_asked(annals::Asked::Retry)
        .then_calls(["withdraw"])
        .when_done::<WithdrawFor>("withdraw", &())
        .then_calls(["undo withdraw"]);
}

#[test]
fn a_deposit_of_which_nobody_knows_is_not_given_back() {
    withdrawn()
        .when_given_up("deposit")
        .then_parked()
        .when_asked(annals::Asked::Retry)
        .then_calls(["deposit"]);
}

#[test]
fn what_was_not_begun_in_a_day_is_given_back() {
    let late = begun()
        .when_time_passes(Duration::from_secs(24 * 3_600))
        .then_nothing()
        .when_done::<WithdrawFor>("withdraw", &())
        .then_calls(["undo withdraw"])
        .when_done::<RefundFor>("undo withdraw", &())
        .then_calls(["once undone"]);
    assert_eq!(told(&late), "it took too long");
}
