//! The bank, its transfers, its users and its shop: what is put together from the domain, and what every route is
//! given.

use std::sync::Arc;
use std::time::Duration;

use annals::http::Problem;
use annals::runtime::{
    CommandContext, ExecuteError, Executed, ProjectionHandle, Repository, SagaOptions,
};
use annals::{
    Aggregate, Annals, AppendId, Builder, Clock, EventStore, IdSource, Personal, Position,
    Projection, RandomIds, ReadError, ReadModel, Stepped, StreamVersion, SystemClock, Table,
    TableProjection, Timestamp,
};

use crate::accounts::read_models::{
    AccountBalance, AccountSummary, DailySummary, TransactionHistory,
};
use crate::accounts::{Account, AccountCommand, AccountError, AccountId, payments};
use crate::catalogue::{self, Catalogue, StockKeeper};
use crate::checkout;
use crate::messages_out::MessagesOut;
use crate::place::Place;
use crate::transfers::saga::{self, MoneyTransfer};
use crate::transfers::{Transfer, TransferCommand, TransferError, TransferId, TransferRow};
use crate::users::{User, UserCommand, UserError, UserId, UserRow};

pub use orders::CHECKOUT_TIMEOUT;

mod orders;

/// Most aggregates of each kind that are remembered: accounts, users, transfers and orders. Most take less
/// than a kilobyte; an account with all the payments pending that can be, or an order with as many lines,
/// takes some twenty.
const REMEMBERED_OF_EACH_KIND: usize = 10_000;

/// A command on an account that was carried out.
pub type AccountExecuted = Executed<Account>;

/// A command on a user that was carried out.
pub type UserExecuted = Executed<User>;

/// A running bank. Clones are the same bank.
#[derive(Clone, Debug)]
pub struct Bank {
    annals: Arc<Annals>,
    clock: Arc<dyn NamedClock>,
    catalogue: Arc<dyn Catalogue>,
    checkout_timeout: Duration,
}

fn declared_in(place: &Place, clock: &Arc<dyn Clock>) -> Builder {
    let service = match place {
        Place::Memory => Annals::in_memory(),
        Place::Directory { path, keys: None } => Annals::open(path),
        Place::Directory {
            path,
            keys: Some(keys),
        } => Annals::open(path).keys_in(keys),
        Place::Postgres { url, root_keys } => Annals::open(url.expose()).root_keys_in(root_keys),
    };
    let service = payments::carried_out_by(clock, service);
    let service = saga::carried_out_by(clock, service);
    let service = crate::orders::declared(clock, service);
    let options = SagaOptions {
        clock: Arc::clone(clock),
        ..SagaOptions::default()
    };
    let service = checkout::declared(&options, service);
    service
        .code_version(env!("CARGO_PKG_VERSION"))
        .aggregate::<Account>()
        .aggregate::<User>()
        .aggregate::<Transfer>()
        .remembering(REMEMBERED_OF_EACH_KIND)
        .projection::<AccountBalance>()
        .table_projection::<TransactionHistory>()
        .projection::<DailySummary>()
        .table_projection::<AccountSummary>()
        .projection::<UserRow>()
        .projection::<TransferRow>()
        .saga_with::<Stepped<MoneyTransfer>>(|saga| saga.with_options(options))
}

/// A clock that can be shown.
trait NamedClock: Clock + std::fmt::Debug {}

impl<C: Clock + std::fmt::Debug> NamedClock for C {}

impl Bank {
    /// A bank that keeps everything in one place.
    ///
    /// # Errors
    /// [`annals::Error`] when the place cannot be used.
    pub async fn open(place: &Place) -> Result<Self, annals::Error> {
        Self::open_by(SystemClock, place).await
    }

    /// The same by another clock.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_by(
        clock: impl Clock + std::fmt::Debug,
        place: &Place,
    ) -> Result<Self, annals::Error> {
        Self::start(clock, place, |service| service).await
    }

    /// The same, and others are told what happens.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_telling(place: &Place, messages: MessagesOut) -> Result<Self, annals::Error> {
        Self::start(SystemClock, place, |service| messages.declared(service)).await
    }

    async fn start(
        clock: impl Clock + std::fmt::Debug,
        place: &Place,
        more: impl FnOnce(Builder) -> Builder,
    ) -> Result<Self, annals::Error> {
        let clock: Arc<dyn NamedClock> = Arc::new(clock);
        let told: Arc<dyn Clock> = Arc::<dyn NamedClock>::clone(&clock);
        let stock = StockKeeper::default();
        let declared = catalogue::declare_commands(declared_in(place, &told), &stock);
        let annals = Arc::new(more(declared).start().await?);
        // After the log: a directory that another process has is refused there, and left as it is.
        let catalogue = match catalogue::open(place).await {
            Ok(catalogue) => catalogue,
            Err(error) => {
                annals.stop().await;
                return Err(error);
            }
        };
        stock.begin(&catalogue);
        Ok(Self {
            annals,
            clock,
            catalogue,
            checkout_timeout: CHECKOUT_TIMEOUT,
        })
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What it runs on.
    pub fn annals(&self) -> &Annals {
        &self.annals
    }

    /// Categories, products and their stock.
    pub fn catalogue(&self) -> &dyn Catalogue {
        &*self.catalogue
    }

    /// Where everything that happened is recorded.
    pub fn store(&self) -> &dyn EventStore {
        &**self.annals.store()
    }

    /// The accounts, to be loaded.
    pub fn accounts(&self) -> &Repository<Account> {
        self.annals.repository()
    }

    /// The users, to be loaded.
    pub fn users(&self) -> &Repository<User> {
        self.annals.repository()
    }

    /// The rows of a read model, to be queried.
    pub fn table<R: ReadModel>(&self) -> Table<R> {
        self.annals.table()
    }

    /// What keeps a read model of one table up to date.
    pub fn projection<P: Projection>(&self) -> &ProjectionHandle {
        self.annals.projection(P::TABLE)
    }

    /// What keeps a read model of several tables up to date.
    pub fn table_projection<P: TableProjection>(&self) -> &ProjectionHandle {
        self.annals.projection(P::NAME)
    }

    /// Sends a command to an account.
    ///
    /// # Errors
    /// [`ExecuteError`]: the account's refusal, or why the command could not be carried out.
    pub async fn execute(
        &self,
        account: &AccountId,
        command: AccountCommand,
        context: CommandContext,
    ) -> Result<AccountExecuted, ExecuteError<AccountError>> {
        let id = account.as_str();
        self.annals.execute(id, command, context).await
    }

    /// Sends a command to a user.
    ///
    /// # Errors
    /// [`ExecuteError`]: the user's refusal, or why the command could not be carried out.
    pub async fn execute_for_user(
        &self,
        user: &UserId,
        command: UserCommand,
        context: CommandContext,
    ) -> Result<UserExecuted, ExecuteError<UserError>> {
        let id = user.as_str();
        self.annals.execute(id, command, context).await
    }

    /// Sends a command to a transfer.
    ///
    /// # Errors
    /// [`ExecuteError`]: the transfer's refusal, or why the command could not be carried out.
    pub async fn execute_for_transfer(
        &self,
        transfer: &TransferId,
        command: TransferCommand,
        context: CommandContext,
    ) -> Result<Executed<Transfer>, ExecuteError<TransferError>> {
        let id = transfer.as_str();
        self.annals.execute(id, command, context).await
    }

    /// An id for a new account: of the idempotency key if there is one, so that a repeated
    /// request opens no second account.
    pub fn new_account_id(&self, context: &CommandContext) -> AccountId {
        let id = new_id::<Account>(context);
        id.parse().expect("a UUID is a valid account id")
    }

    /// An id for a new user, likewise.
    pub fn new_user_id(&self, context: &CommandContext) -> UserId {
        let id = new_id::<User>(context);
        id.parse().expect("a UUID is a valid user id")
    }

    /// An id for a new transfer, likewise.
    pub fn new_transfer_id(&self, context: &CommandContext) -> TransferId {
        let id = new_id::<Transfer>(context);
        id.parse().expect("a UUID is a valid transfer id")
    }

    /// Opens copies of what is personal, as rows of read models have them.
    ///
    /// # Errors
    /// 500 when the keys cannot be had, or do not fit.
    pub async fn open_copies(
        &self,
        copies: impl IntoIterator<Item = &mut Personal<String>>,
    ) -> Result<(), Problem> {
        let keyring = self.annals.keyring().expect("users have personal data");
        let opened = keyring.disclose_all(copies).await;
        opened.map_err(|error| Problem::internal(&error))
    }

    /// The position of the last event.
    ///
    /// # Errors
    /// [`ReadError`] when the store does not answer.
    pub async fn head(&self) -> Result<Position, ReadError> {
        self.store().head().await
    }

    /// Checks that there is such an account.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn check_known(&self, account: &AccountId) -> Result<(), Problem> {
        match self.is_known(account).await? {
            true => Ok(()),
            false => Err(Problem::not_found(format!("there is no account {account}"))),
        }
    }

    /// Whether there is such an account.
    ///
    /// # Errors
    /// [`ReadError`] when the store does not answer.
    pub async fn is_known(&self, account: &AccountId) -> Result<bool, ReadError> {
        let version = self.version::<Account>(account.as_str()).await?;
        Ok(version > StreamVersion::NONE)
    }

    /// Checks that there is such a user.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn check_user_known(&self, user: &UserId) -> Result<(), Problem> {
        match self.version::<User>(user.as_str()).await? {
            StreamVersion::NONE => Err(Problem::not_found(format!("there is no user {user}"))),
            _ => Ok(()),
        }
    }

    async fn version<A: Aggregate>(&self, id: &str) -> Result<StreamVersion, ReadError> {
        let stream = A::stream(id).expect("every id fits a stream id");
        self.store().stream_version(&stream).await
    }

    /// Finishes what projections are at. Queries still work.
    pub async fn stop(&self) {
        self.annals.stop().await;
    }
}

fn new_id<A: Aggregate>(context: &CommandContext) -> String {
    let id = match &context.idempotency {
        Some(key) => AppendId::of_key(A::CATEGORY, &key.key).0,
        None => RandomIds.next(),
    };
    id.to_string()
}
