//! A bank on a store that is in trouble now and then, by a clock that is turned by hand.

use std::sync::Arc;
use std::time::Duration;

use annals::runtime::{CommandContext, SagaOptions, SagaRow};
use annals::sqlite::Database;
use annals::{Aggregate, Annals, Clock, Position, ReadModel, Selection, Stepped, Timestamp};
use annals_reference::accounts::close::Close;
use annals_reference::accounts::open::Open;
use annals_reference::accounts::{Account, AccountCommand, payments};
use annals_reference::money::{Amount, Currency, Money};
use annals_reference::transfers::request::Request;
use annals_reference::transfers::saga::{self, MoneyTransfer};
use annals_reference::transfers::{Transfer, TransferCommand, TransferStatus};
use annals_testing::ManualClock;

use crate::troubled::Troubled;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(30);

/// A bank with an account `a` that has fifty dollars, and one `b` that is closed.
pub(crate) struct Bank {
    pub(crate) annals: Annals,
    pub(crate) store: Arc<Troubled>,
    pub(crate) clock: ManualClock,
}

/// How a transfer stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) transfer: TransferStatus,
    /// On the account it is from, in cents.
    pub(crate) balance: i64,
    /// Taken from there, and not known to have arrived, in cents.
    pub(crate) pending: i64,
}

impl Bank {
    pub(crate) async fn open() -> Self {
        let store = Arc::new(Troubled::new());
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let bank = Self {
            annals: started(&store, &clock).await,
            store,
            clock,
        };
        bank.execute::<Account>("a", open_with(Some(fifty_dollars()), "a"))
            .await;
        bank.execute::<Account>("b", open_with(None, "b")).await;
        let (reason, at) = (None, Timestamp::UNIX_EPOCH);
        let close = AccountCommand::Close(Close { reason, at });
        bank.execute::<Account>("b", close).await;
        bank
    }

    /// Asks for all that is on `a` to be transferred to `b`.
    pub(crate) async fn transfer(&self, transfer: &str) {
        let request = TransferCommand::Request(Request {
            transfer_id: transfer.parse().unwrap(),
            from: "a".parse().unwrap(),
            to: "b".parse().unwrap(),
            amount: fifty_dollars(),
            description: None,
            at: Timestamp::UNIX_EPOCH,
        });
        self.execute::<Transfer>(transfer, request).await;
    }

    async fn execute<A: Aggregate<Command: Clone>>(&self, id: &str, command: A::Command) {
        let context = CommandContext::default();
        let executed = self.annals.execute::<A>(id, command, context);
        executed.await.unwrap();
    }

    pub(crate) async fn stand(&self, transfer: &str) -> Stand {
        let transfer = self.annals.repository::<Transfer>().load(transfer).await;
        let account = self.annals.repository::<Account>().load("a").await;
        let account = account.unwrap().state;
        Stand {
            transfer: transfer.unwrap().state.status.unwrap(),
            balance: account.balance().minor,
            pending: account.pending.values().map(|money| money.minor).sum(),
        }
    }

    /// Turns the clock to whatever is due next, until a transfer has this status.
    pub(crate) async fn until(&self, status: &str) {
        let index = self.annals.projection(SagaRow::TABLE);
        let mut position = Position::START;
        loop {
            let rows = self.annals.sagas().list(Selection::new()).await.unwrap();
            for row in rows {
                if row.status == status {
                    return;
                }
                // What is due already is being done.
                if let Some(due) = row.due.filter(|due| *due > self.clock.now()) {
                    self.clock.set(due);
                }
            }
            position = index.wait_for(position.next(), LONG).await.unwrap();
        }
    }
}

async fn started(store: &Arc<Troubled>, clock: &ManualClock) -> Annals {
    let read_models = Database::in_memory().await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let service = Annals::on(Arc::<Troubled>::clone(store), Arc::new(read_models))
        .aggregate::<Account>()
        .aggregate::<Transfer>();
    let service = payments::carried_out_by(&clock, service);
    let service = saga::carried_out_by(&clock, service);
    let options = SagaOptions {
        clock,
        look_every: Duration::from_millis(5),
        ..SagaOptions::default()
    };
    let service = service.saga_with::<Stepped<MoneyTransfer>>(|it| it.with_options(options));
    service.start().await.unwrap()
}

fn fifty_dollars() -> Amount {
    Amount::new(Money::of_minor(50_00, Currency::USD)).unwrap()
}

fn open_with(initial_deposit: Option<Amount>, account: &str) -> AccountCommand {
    AccountCommand::Open(Open {
        account_id: account.parse().unwrap(),
        owner_id: "me".parse().unwrap(),
        initial_deposit,
        at: Timestamp::UNIX_EPOCH,
    })
}
