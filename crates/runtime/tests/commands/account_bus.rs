//! Commands to accounts by a bus.

use std::sync::Arc;

use annals_core::{Command, EventStore, FieldFault};
use annals_runtime::{CommandBus, CommandContext, CommandFault, ToAggregate};
use serde::{Deserialize, Serialize};

use crate::account::{AccountCommand, InsufficientFunds, accounts_in};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) account: String,
    pub(crate) cents: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Withdraw {
    pub(crate) account: String,
    pub(crate) cents: i64,
}

impl Command for Deposit {
    const NAME: &'static str = "deposit";
    type Reply = i64;
    type Refusal = InsufficientFunds;

    fn faults(&self) -> Vec<FieldFault> {
        shape(&self.account, self.cents)
    }
}

impl Command for Withdraw {
    const NAME: &'static str = "withdraw";
    type Reply = i64;
    type Refusal = InsufficientFunds;

    fn faults(&self) -> Vec<FieldFault> {
        shape(&self.account, self.cents)
    }
}

fn shape(account: &str, cents: i64) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if account.is_empty() {
        faults.push(FieldFault::new("account", "must be given"));
    }
    if cents <= 0 {
        faults.push(FieldFault::new("cents", "must be greater than zero"));
    }
    faults
}

/// A bus to the accounts in a store, which reply with their balance.
pub(crate) fn bus_to(store: &Arc<impl EventStore>) -> CommandBus {
    let accounts = accounts_in(store);
    let deposits = ToAggregate::new(
        accounts.clone(),
        |it: Deposit| (it.account, AccountCommand::Deposit(it.cents)),
        |done| done.state.balance,
    );
    let withdrawals = ToAggregate::new(
        accounts,
        |it: Withdraw| (it.account, AccountCommand::Withdraw(it.cents)),
        |done| done.state.balance,
    );
    CommandBus::new().handling(deposits).handling(withdrawals)
}

pub(crate) type Balance = Result<i64, CommandFault<InsufficientFunds>>;

pub(crate) async fn deposit(bus: &CommandBus, cents: i64, context: CommandContext) -> Balance {
    let account = "a-1".to_owned();
    bus.execute(Deposit { account, cents }, context).await
}

pub(crate) async fn withdraw(bus: &CommandBus, cents: i64, context: CommandContext) -> Balance {
    let account = "a-1".to_owned();
    bus.execute(Withdraw { account, cents }, context).await
}
