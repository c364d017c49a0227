//! Who makes something happen, and waits for the webhook.

use std::time::Duration;

use annals::runtime::{CommandContext, ParkedEvents, ProjectionHandle, ProjectionStatus};
use annals::{Effect, Position, Read, Source};
use annals_reference::accounts::deposit::Deposit;
use annals_reference::accounts::open::Open;
use annals_reference::accounts::{AccountCommand, AccountId};
use annals_reference::bank::Bank;
use annals_reference::messages_out::MessagesOut;
use annals_reference::money::{Amount, Currency, Money};
use annals_reference::place::Place;
use annals_reference::webhook::Webhook;
use futures_util::StreamExt;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(20);

/// A bank with a webhook.
pub(crate) async fn open_bank(place: &Place, webhook: Webhook) -> Bank {
    let messages = MessagesOut {
        webhook: Some(webhook),
        outbox: None,
    };
    Bank::open_telling(place, messages).await.unwrap()
}

/// Opens an account with a deposit: two events.
pub(crate) async fn open_account(bank: &Bank, account: &str) {
    let account_id: AccountId = account.parse().unwrap();
    let open = Open {
        account_id: account_id.clone(),
        owner_id: "me".parse().unwrap(),
        initial_deposit: Some(amount(50_00)),
        at: bank.now(),
    };
    execute(bank, &account_id, AccountCommand::Open(open)).await;
}

/// One event more.
pub(crate) async fn deposit(bank: &Bank, account: &str) {
    let deposit = Deposit {
        amount: amount(1_50),
        description: Some("a gift".to_owned()),
        reference: None,
        at: bank.now(),
    };
    let account = account.parse().unwrap();
    execute(bank, &account, AccountCommand::Deposit(deposit)).await;
}

fn amount(cents: i64) -> Amount {
    Amount::new(Money::of_minor(cents, Currency::USD)).unwrap()
}

async fn execute(bank: &Bank, account: &AccountId, command: AccountCommand) {
    let done = bank.execute(account, command, CommandContext::default());
    done.await.unwrap();
}

fn webhook(bank: &Bank) -> &ProjectionHandle {
    bank.annals().projection(Webhook::NAME)
}

/// Waits until everything was acknowledged or parked.
pub(crate) async fn until_told(bank: &Bank) {
    let head = bank.head().await.unwrap();
    webhook(bank).wait_for(head, LONG).await.unwrap();
}

/// The id of the event at a position.
pub(crate) async fn recorded_id(bank: &Bank, position: u64) -> String {
    let after = Source::all_after(Position(position - 1));
    let mut events = bank.store().read(Read::forwards(after)).await.unwrap();
    events.next().await.unwrap().unwrap().id.to_string()
}

/// What was refused and what waits for it, and may be tried again.
pub(crate) fn parked(bank: &Bank) -> &ParkedEvents {
    bank.annals().parked_events(Webhook::NAME)
}

/// The positions that are parked.
pub(crate) async fn parked_positions(bank: &Bank) -> Vec<u64> {
    let letters = parked(bank).list(Position::START, 100).await.unwrap();
    letters.iter().map(|letter| letter.position.0).collect()
}

/// Waits until a call failed and is to be repeated.
pub(crate) async fn until_repeating(bank: &Bank) {
    let repeating = async {
        while !matches!(webhook(bank).status(), ProjectionStatus::Retrying { .. }) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, repeating).await.unwrap();
}
