//! A transfer to a closed account, whose refund the store does not take: it is tried again for most of
//! an hour, by a clock that is turned by hand, then parked, and goes on once somebody asks for it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::runtime::{CommandContext, SagaOptions, SagaRow};
use annals::sqlite::Database;
use annals::{
    Annals, Append, AppendError, AppendId, Appended, Asked, Clock, EventStore, EventStream,
    InstanceId, Position, Read, ReadError, SagaInput, Selection, Source, Stepped, StoreId,
    StreamId, StreamVersion, Subscription, Timestamp,
};
use annals_reference::accounts::close::Close;
use annals_reference::accounts::open::Open;
use annals_reference::accounts::{Account, AccountCommand, AccountId, payments};
use annals_reference::money::{Amount, Currency, Money};
use annals_reference::transfers::request::Request;
use annals_reference::transfers::saga::{self, MoneyTransfer};
use annals_reference::transfers::{Transfer, TransferCommand, TransferStatus};
use annals_testing::ManualClock;
use async_trait::async_trait;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(30);

/// A store that takes no deposits while it is in trouble.
struct Troubled {
    store: EmbeddedStore,
    is_in_trouble: AtomicBool,
}

#[async_trait]
impl EventStore for Troubled {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut events = append.writes.iter().flat_map(|write| &write.events);
        let is_deposit = events.any(|event| event.event_type.as_str() == "MoneyDeposited");
        if is_deposit && self.is_in_trouble.load(Ordering::SeqCst) {
            let reason = "in trouble".to_owned();
            return Err(AppendError::Unavailable { reason });
        }
        self.store.append(append).await
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.store.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.store.read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        self.store.subscribe(source).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}

async fn bank(store: &Arc<Troubled>, clock: &ManualClock) -> Annals {
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

async fn open(bank: &Annals, account: &str, initial_deposit: Option<Amount>) {
    let account_id: AccountId = account.parse().unwrap();
    let open = AccountCommand::Open(Open {
        account_id,
        owner_id: "me".parse().unwrap(),
        initial_deposit,
        at: Timestamp::UNIX_EPOCH,
    });
    let opened = bank.execute::<Account>(account, open, CommandContext::default());
    opened.await.unwrap();
}

/// One has fifty dollars, the other is closed.
async fn open_accounts(bank: &Annals) {
    open(bank, "a", Some(fifty_dollars())).await;
    open(bank, "b", None).await;
    let at = Timestamp::UNIX_EPOCH;
    let close = AccountCommand::Close(Close { reason: None, at });
    let closed = bank.execute::<Account>("b", close, CommandContext::default());
    closed.await.unwrap();
}

async fn ask_for_a_transfer(bank: &Annals) {
    let request = TransferCommand::Request(Request {
        transfer_id: "t-1".parse().unwrap(),
        from: "a".parse().unwrap(),
        to: "b".parse().unwrap(),
        amount: fifty_dollars(),
        description: None,
        at: Timestamp::UNIX_EPOCH,
    });
    let asked = bank.execute::<Transfer>("t-1", request, CommandContext::default());
    asked.await.unwrap();
}

/// How the transfer stands, and what is on the account it is from and pending there.
async fn stand(bank: &Annals) -> (TransferStatus, i64, usize) {
    let transfer = bank.repository::<Transfer>().load("t-1").await.unwrap();
    let account = bank.repository::<Account>().load("a").await.unwrap().state;
    let status = transfer.state.status.unwrap();
    (status, account.balance().minor, account.pending.len())
}

/// Turns the clock to whatever is due next, until the transfer stands like that.
async fn until(bank: &Annals, clock: &ManualClock, status: &str) -> SagaRow {
    let index = bank.projection("sagas");
    let mut position = Position::START;
    loop {
        let rows = bank.sagas().list(Selection::new()).await.unwrap();
        for row in rows {
            if row.status == status {
                return row;
            }
            // What is due already is being done.
            if let Some(due) = row.due.filter(|due| *due > clock.now()) {
                clock.set(due);
            }
        }
        position = index.wait_for(position.next(), LONG).await.unwrap();
    }
}

/// How many attempts to give back were not answered.
async fn failed_refunds(bank: &Annals) -> usize {
    let transfer = InstanceId::new("t-1").unwrap();
    let timeline = bank
        .sagas()
        .timeline("transfer", &transfer, StreamVersion::NONE, 1_000);
    let timeline = timeline.await.unwrap();
    let is_failure = |input: &SagaInput| matches!(input, SagaInput::Failure { call, .. } if call == "undo withdraw");
    let inputs = timeline.iter().map(|moment| moment.event.input());
    inputs.filter(|input| is_failure(input)).count()
}

#[tokio::test]
async fn a_refund_that_fails_is_retried_then_parked_and_resumed_by_a_person() {
    let store = Arc::new(Troubled {
        store: EmbeddedStore::in_memory().unwrap(),
        is_in_trouble: AtomicBool::new(false),
    });
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let bank = bank(&store, &clock).await;
    open_accounts(&bank).await;
    store.is_in_trouble.store(true, Ordering::SeqCst);
    ask_for_a_transfer(&bank).await;

    let parked = until(&bank, &clock, "parked").await;
    let reason = parked.reason.unwrap();
    assert!(reason.starts_with("undo withdraw failed"), "{reason}");
    let took = clock.now().as_second();
    assert!((25 * 60..=60 * 60).contains(&took), "{took} s");
    assert_eq!(failed_refunds(&bank).await, 20);
    assert_eq!(stand(&bank).await, (TransferStatus::Requested, 0, 1));

    store.is_in_trouble.store(false, Ordering::SeqCst);
    let transfer = InstanceId::new("t-1").unwrap();
    let retry = bank.sagas().ask("transfer", &transfer, Asked::Retry, "ann");
    retry.await.unwrap();
    until(&bank, &clock, "compensated").await;
    assert_eq!(stand(&bank).await, (TransferStatus::Refunded, 50_00, 0));
    bank.stop().await;
}
