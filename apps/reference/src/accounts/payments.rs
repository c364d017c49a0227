//! Payments that are part of something bigger, as sagas ask for them.
//!
//! They are paid when the account is reached, not when the saga began: a day that was summed up is not
//! changed by what was stuck meanwhile. However often such a command is sent, the first time is told.

use std::sync::Arc;

use annals::{Builder, Clock, Command, Timestamp};
use serde::{Deserialize, Serialize};

use super::deposit::Deposit;
use super::error::AccountError;
use super::ids::AccountId;
use super::reference::Reference;
use super::refund::Refund;
use super::settle::Settle;
use super::state::{Account, AccountCommand};
use super::withdraw::Withdraw;
use crate::bus::at_its_time;
use crate::money::Amount;

/// Pay money out; it is pending until it is settled or given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawFor {
    /// From which account.
    pub account: AccountId,
    /// As part of what.
    pub reference: Reference,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub description: Option<String>,
}

/// Pay money in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositFor {
    /// To which account.
    pub account: AccountId,
    /// As part of what.
    pub reference: Reference,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub description: Option<String>,
}

/// Give back what was paid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundFor {
    /// To which account.
    pub account: AccountId,
    /// As part of what it was paid.
    pub reference: Reference,
    /// Why.
    pub reason: String,
}

/// Settle what was paid out. Repeating it does no harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettleFor {
    /// On which account.
    pub account: AccountId,
    /// As part of what it was paid.
    pub reference: Reference,
}

impl Command for WithdrawFor {
    const NAME: &'static str = "WithdrawFor";
    type Reply = ();
    type Refusal = AccountError;
}

impl Command for DepositFor {
    const NAME: &'static str = "DepositFor";
    type Reply = ();
    type Refusal = AccountError;
}

impl Command for RefundFor {
    const NAME: &'static str = "RefundFor";
    type Reply = ();
    type Refusal = AccountError;
}

impl Command for SettleFor {
    const NAME: &'static str = "SettleFor";
    type Reply = ();
    type Refusal = AccountError;
}

/// Declares that accounts carry them out, at the time that a clock tells.
pub fn carried_out_by(clock: &Arc<dyn Clock>, service: Builder) -> Builder {
    service
        .command_to::<WithdrawFor, Account>(at_its_time(clock, withdraw), |_| ())
        .command_to::<DepositFor, Account>(at_its_time(clock, deposit), |_| ())
        .command_to::<RefundFor, Account>(at_its_time(clock, refund), |_| ())
        .command_to::<SettleFor, Account>(at_its_time(clock, settle), |_| ())
}

fn withdraw(asked: WithdrawFor, at: Timestamp) -> (AccountId, AccountCommand) {
    let withdraw = Withdraw {
        amount: asked.amount,
        description: asked.description,
        reference: Some(asked.reference),
        at,
    };
    (asked.account, AccountCommand::Withdraw(withdraw))
}

fn deposit(asked: DepositFor, at: Timestamp) -> (AccountId, AccountCommand) {
    let deposit = Deposit {
        amount: asked.amount,
        description: asked.description,
        reference: Some(asked.reference),
        at,
    };
    (asked.account, AccountCommand::Deposit(deposit))
}

fn refund(asked: RefundFor, at: Timestamp) -> (AccountId, AccountCommand) {
    let refund = Refund {
        reference: asked.reference,
        reason: asked.reason,
        at,
    };
    (asked.account, AccountCommand::Refund(refund))
}

fn settle(asked: SettleFor, at: Timestamp) -> (AccountId, AccountCommand) {
    let settle = Settle {
        reference: asked.reference,
        at,
    };
    (asked.account, AccountCommand::Settle(settle))
}
