//! However many clients compete for one account, it never goes below zero, and no money appears
//! or disappears at any position that can be observed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ledger::{Ledger, assert_agrees};
use crate::place::{NewPlace, in_each_place};
use crate::tables::{READ_MODELS, Tables};
use annals::runtime::{CommandContext, ExecuteError};
use annals_reference::accounts::deposit::Deposit;
use annals_reference::accounts::open::Open;
use annals_reference::accounts::withdraw::Withdraw;
use annals_reference::accounts::{AccountCommand, AccountError, AccountId};
use annals_reference::bank::Bank;
use annals_reference::money::{Amount, Currency, Money};
use tokio::task::JoinSet;

const CLIENTS: i64 = 64;
const WITHDRAWALS_EACH: i64 = 4;
const WITHDRAWN: i64 = 700;
const DEPOSITED: i64 = 100_000;

fn amount(minor: i64) -> Amount {
    Amount::new(Money::of_minor(minor, Currency::USD)).unwrap()
}

async fn opened(bank: &Bank) -> AccountId {
    let account: AccountId = "acc-123".parse().unwrap();
    let open = AccountCommand::Open(Open {
        account_id: account.clone(),
        owner_id: "owner".parse().unwrap(),
        initial_deposit: None,
        at: bank.now(),
    });
    let deposit = AccountCommand::Deposit(Deposit {
        amount: amount(DEPOSITED),
        description: None,
        reference: None,
        at: bank.now(),
    });
    for command in [open, deposit] {
        let context = CommandContext::default();
        bank.execute(&account, command, context).await.unwrap();
    }
    account
}

/// Withdraws again and again; returns how much it got.
async fn withdraw_all(bank: Bank, account: AccountId) -> i64 {
    let mut got = 0;
    for _ in 0..WITHDRAWALS_EACH {
        let withdraw = AccountCommand::Withdraw(Withdraw {
            amount: amount(WITHDRAWN),
            description: None,
            reference: None,
            at: bank.now(),
        });
        let context = CommandContext::default();
        match bank.execute(&account, withdraw, context).await {
            Ok(executed) => {
                assert!(executed.state.balance().minor >= 0);
                got += WITHDRAWN;
            }
            Err(ExecuteError::Refused(AccountError::InsufficientFunds { balance, .. })) => {
                assert!(balance.minor < WITHDRAWN);
            }
            Err(other) => panic!("neither paid nor refused: {other}"),
        }
    }
    got
}

/// Compares every state of the read models that it gets to see with the events up to there.
async fn observe(bank: Bank, tables: Tables, done: Arc<AtomicBool>) {
    while !done.load(Ordering::Relaxed) {
        for name in ["account_balances", "account_summary"] {
            assert_agrees(&**bank.annals().store(), &tables, name).await;
        }
    }
}

in_each_place![sixty_four_clients_never_take_an_account_below_zero];

async fn sixty_four_clients_never_take_an_account_below_zero(place: NewPlace) {
    let bank = Bank::open(&place.place()).await.unwrap();
    let store = &**bank.annals().store();
    let account = opened(&bank).await;
    let done = Arc::new(AtomicBool::new(false));
    let tables = Tables::of(&place).await;
    let observer = tokio::spawn(observe(bank.clone(), tables.clone(), Arc::clone(&done)));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(withdraw_all(bank.clone(), account.clone()));
    }
    let got: i64 = clients.join_all().await.into_iter().sum();
    done.store(true, Ordering::Relaxed);
    observer.await.unwrap();

    // They asked for more than there was, and got all of it but the last crumbs.
    const { assert!(CLIENTS * WITHDRAWALS_EACH * WITHDRAWN > DEPOSITED) };
    assert_eq!(got, DEPOSITED / WITHDRAWN * WITHDRAWN);
    let mut ledger = Ledger::default();
    ledger.read_on(store, bank.head().await.unwrap()).await;
    assert_eq!(ledger.accounts["acc-123"].balance, DEPOSITED - got);
    let limit = std::time::Duration::from_secs(30);
    for name in READ_MODELS {
        let projection = bank.annals().projection(name);
        projection.wait_for(ledger.position, limit).await.unwrap();
        assert_agrees(store, &tables, name).await;
    }
}
