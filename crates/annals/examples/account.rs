//! A whole event-sourced service: an account that never goes below zero, and its balance.

use annals::runtime::{CommandContext, ExecuteError};
use annals::{Aggregate, Annals, Event, Projection, ReadModel, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug)]
enum AccountEvent {
    #[event(name = "MoneyDeposited")]
    Deposited { cents: i64 },
    #[event(name = "MoneyWithdrawn")]
    Withdrawn { cents: i64 },
}

#[derive(Clone)]
enum AccountCommand {
    Deposit { cents: i64 },
    Withdraw { cents: i64 },
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("only {balance} cents are there")]
struct InsufficientFunds {
    balance: i64,
}

#[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
struct Account {
    balance: i64,
}

#[snapshot]
impl Aggregate for Account {
    const CATEGORY: &'static str = "Account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = InsufficientFunds;

    fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, InsufficientFunds> {
        let balance = self.balance;
        match command {
            AccountCommand::Deposit { cents } => Ok(vec![AccountEvent::Deposited { cents }]),
            AccountCommand::Withdraw { cents } if cents > balance => {
                Err(InsufficientFunds { balance })
            }
            AccountCommand::Withdraw { cents } => Ok(vec![AccountEvent::Withdrawn { cents }]),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Deposited { cents } => self.balance += cents,
            AccountEvent::Withdrawn { cents } => self.balance -= cents,
        }
    }
}

/// What is on an account, as its events say it: no fold to be written.
#[derive(ReadModel, Projection, Clone, Debug, PartialEq)]
#[read_model(table = "balances")]
#[projection(event = AccountEvent)]
struct Balance {
    #[key]
    #[from(stream_id)]
    account: String,
    #[sum(Deposited.cents, -Withdrawn.cents)]
    cents: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let service = Annals::in_memory() // or Annals::open("./data")
        .aggregate::<Account>()
        .projection::<Balance>()
        .start()
        .await?;

    let (deposit, withdraw) = (
        AccountCommand::Deposit { cents: 5_000 },
        AccountCommand::Withdraw { cents: 8_000 },
    );
    let done = service
        .execute::<Account>("acc-123", deposit, CommandContext::default())
        .await?;
    let refused = service
        .execute::<Account>("acc-123", withdraw, CommandContext::default())
        .await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 5_000 }))
    ));

    // Read your own write: wait until the read model has it.
    let limit = std::time::Duration::from_secs(5);
    service
        .projection("balances")
        .wait_for(done.position, limit)
        .await?;
    let balance = service
        .table::<Balance>()
        .get(&"acc-123".to_owned())
        .await?;
    assert_eq!(balance.map(|row| row.cents), Some(5_000));

    service.stop().await;
    Ok(())
}
