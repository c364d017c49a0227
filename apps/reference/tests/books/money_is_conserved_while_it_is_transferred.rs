//! However many transfers go to and fro while accounts are closed, after each event all money is on an
//! account or on its way, and each transfer pays once or gives back.

use std::time::Duration;

use annals::runtime::{CommandContext, ExecuteError};
use annals::{Position, Selection};
use annals_reference::accounts::close::Close;
use annals_reference::accounts::open::Open;
use annals_reference::accounts::withdraw::Withdraw;
use annals_reference::accounts::{AccountCommand, AccountError, AccountId};
use annals_reference::bank::Bank;
use annals_reference::money::{Amount, Currency, Money};
use annals_reference::transfers::request::Request;
use annals_reference::transfers::{TransferCommand, TransferId};
use futures_util::{StreamExt, stream};
use tokio::task::JoinSet;

use crate::ledger::assert_agrees;
use crate::money_on_its_way::Whereabouts;
use crate::place::{NewPlace, in_each_place};
use crate::tables::{READ_MODELS, Tables};

const ACCOUNTS: usize = 10;
const TRANSFERS: usize = 200;
/// How many are asked for at once; they end when they end.
const CLIENTS: usize = 32;
const FIRST_DEPOSIT: i64 = 10_000;

/// What no account can have.
const MORE_THAN_ALL: i64 = 10_000_000;

/// Accounts that are emptied and closed meanwhile.
const CLOSING: [usize; 2] = [3, 7];

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

fn account(number: usize) -> AccountId {
    format!("acc-{number}").parse().unwrap()
}

fn amount(minor: i64) -> Amount {
    Amount::new(Money::of_minor(minor, Currency::USD)).unwrap()
}

async fn open_accounts(bank: &Bank) {
    for number in 0..ACCOUNTS {
        let open = AccountCommand::Open(Open {
            account_id: account(number),
            owner_id: "owner".parse().unwrap(),
            initial_deposit: Some(amount(FIRST_DEPOSIT)),
            at: bank.now(),
        });
        let context = CommandContext::default();
        let opened = bank.execute(&account(number), open, context).await;
        opened.unwrap();
    }
}

/// From each account to each other one in turn, of amounts that differ and are not always there.
fn request(bank: &Bank, number: usize) -> (TransferId, TransferCommand) {
    let transfer_id: TransferId = format!("t-{number}").parse().unwrap();
    let from = number % ACCOUNTS;
    let distance = 1 + number / ACCOUNTS % (ACCOUNTS - 1);
    let minor = match i64::try_from(number).unwrap() {
        0 => MORE_THAN_ALL,
        number => 1 + number * 7_919 % 60_00,
    };
    let request = TransferCommand::Request(Request {
        transfer_id: transfer_id.clone(),
        from: account(from),
        to: account((from + distance) % ACCOUNTS),
        amount: amount(minor),
        description: None,
        at: bank.now(),
    });
    (transfer_id, request)
}

async fn ask(bank: Bank, number: usize) {
    let (id, request) = request(&bank, number);
    let context = CommandContext::default();
    let asked = bank.execute_for_transfer(&id, request, context).await;
    asked.unwrap();
}

/// Pays out what is there, and closes the account as soon as it can be.
async fn empty_and_close(bank: Bank, number: usize) {
    loop {
        let close = AccountCommand::Close(Close {
            reason: None,
            at: bank.now(),
        });
        let context = CommandContext::default();
        match bank.execute(&account(number), close, context).await {
            Ok(_) => return,
            Err(ExecuteError::Refused(AccountError::BalanceNotZero { balance })) => {
                withdraw(&bank, number, balance.minor).await;
            }
            Err(ExecuteError::Refused(AccountError::PaymentsPending { .. })) => {
                tokio::task::yield_now().await;
            }
            Err(other) => panic!("neither closed nor refused: {other}"),
        }
    }
}

/// Gets it, unless a transfer does.
async fn withdraw(bank: &Bank, number: usize, minor: i64) {
    let withdraw = AccountCommand::Withdraw(Withdraw {
        amount: amount(minor),
        description: None,
        reference: None,
        at: bank.now(),
    });
    let context = CommandContext::default();
    match bank.execute(&account(number), withdraw, context).await {
        Ok(_) | Err(ExecuteError::Refused(AccountError::InsufficientFunds { .. })) => {}
        Err(other) => panic!("neither paid nor refused: {other}"),
    }
}

/// Waits until every transfer has ended.
async fn all_ended(bank: &Bank) {
    let index = bank.annals().projection("sagas");
    let mut position = Position::START;
    loop {
        position = index.wait_for(position.next(), LONG).await.unwrap();
        let mut ended = 0;
        for status in ["completed", "compensated"] {
            let selection = Selection::new().equal("status", &status.to_owned());
            let selection = selection.limit(u32::try_from(TRANSFERS).unwrap());
            ended += bank.annals().sagas().list(selection).await.unwrap().len();
        }
        if ended == TRANSFERS {
            return;
        }
    }
}

in_each_place![two_hundred_transfers_at_once_neither_make_nor_lose_a_cent];

async fn two_hundred_transfers_at_once_neither_make_nor_lose_a_cent(place: NewPlace) {
    let bank = Bank::open(&place.place()).await.unwrap();
    open_accounts(&bank).await;
    let mut closing = JoinSet::new();
    for number in CLOSING {
        closing.spawn(empty_and_close(bank.clone(), number));
    }
    let requests = (0..TRANSFERS).map(|number| tokio::spawn(ask(bank.clone(), number)));
    let mut requests = stream::iter(requests).buffer_unordered(CLIENTS);
    while let Some(asked) = requests.next().await {
        asked.unwrap();
    }
    closing.join_all().await;
    all_ended(&bank).await;

    let head = bank.head().await.unwrap();
    let money = Whereabouts::read(bank.store(), head).await;
    let (completed, refunded) = (
        money.ended("TransferCompleted"),
        money.ended("TransferRefunded"),
    );
    assert_eq!(completed + refunded, TRANSFERS);
    assert!(completed > 0 && refunded > 0, "{completed}, {refunded}");
    for number in 0..ACCOUNTS {
        let account = bank.accounts().load(account(number).as_str()).await;
        assert!(account.unwrap().state.pending.is_empty());
    }
    let tables = Tables::of(&place).await;
    for name in READ_MODELS {
        let projection = bank.annals().projection(name);
        projection.wait_for(head, LONG).await.unwrap();
        assert_agrees(bank.store(), &tables, name).await;
    }
    bank.stop().await;
}
