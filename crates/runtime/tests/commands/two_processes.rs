//! Accounts of two processes: this one remembers them, and its work is counted; the other does not.

use std::num::NonZeroUsize;
use std::sync::Arc;

use annals_core::{Delivery, EventStore, Position, Source};
use annals_embedded::EmbeddedStore;
use annals_runtime::{CommandContext, ExecuteError, Executed, Repository};

use crate::account::{Account, AccountCommand, InsufficientFunds, accounts_in, new_store};
use crate::faulty_store::FaultyStore;

pub(crate) type Answer = Result<Executed<Account>, ExecuteError<InsufficientFunds>>;

pub(crate) struct TwoProcesses {
    /// What this one's accounts are in.
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) accounts: Repository<Account>,
    others: Repository<Account>,
    shared: Arc<EmbeddedStore>,
}

impl TwoProcesses {
    /// This one remembers so many accounts.
    pub(crate) fn remembering(accounts: usize) -> Self {
        let shared = new_store();
        let store = FaultyStore::new(&shared, []);
        Self {
            accounts: accounts_in(&store).remembering(NonZeroUsize::new(accounts).expect("some")),
            others: accounts_in(&shared),
            store,
            shared,
        }
    }

    /// This one remembers `a-1`, in which there is so much.
    pub(crate) async fn with_balance(cents: i64) -> Self {
        let processes = Self::remembering(10);
        let deposited = processes.send(AccountCommand::Deposit(cents)).await;
        deposited.expect("a deposit is accepted");
        processes
    }

    /// This one sends a command to `a-1`.
    pub(crate) async fn send(&self, command: AccountCommand) -> Answer {
        self.send_to("a-1", command).await
    }

    /// This one sends a command.
    pub(crate) async fn send_to(&self, id: &str, command: AccountCommand) -> Answer {
        let context = CommandContext::default();
        self.accounts.execute(id, command, context).await
    }

    /// The other one sends a command to `a-1`.
    pub(crate) async fn other_sends(&self, command: AccountCommand) {
        let context = CommandContext::default();
        let done = self.others.execute("a-1", command, context).await;
        done.expect("the other one asks for nothing that is refused");
    }

    /// What this one has asked of the store since it was asked last: reads and appends.
    pub(crate) fn work(&self) -> (u32, u32) {
        self.store.take_counts()
    }

    /// Waits until the store is at a position.
    pub(crate) async fn are_at(&self, position: Position) {
        let before = Source::all_after(Position(position.0 - 1));
        let recorded = self.shared.subscribe(before).await;
        let mut recorded = recorded.expect("the store answers");
        while !matches!(
            recorded.next().await.expect("the store answers"),
            Delivery::Event(_)
        ) {}
    }

    /// What both see.
    pub(crate) fn shared(&self) -> &EmbeddedStore {
        &self.shared
    }
}
