//! Tables by hand: what is promised of typed rows holds of them as well.

use std::sync::Arc;

use annals_core::{Position, ProjectionError, Projector, Selection};
use annals_macros::ReadModel;

use super::bank::{AccountEvent, STORE, deposit, failed_at, recorded};
use super::subject::{Subject, Writing};

/// How the deposits of the bank are declared in tables by hand.
///
/// The table `deposits` has a row for each deposit, with its `position` as the key and its `cents`.
/// The table `deposit_notes` has one as well, with its position as `deposit`, which refers to the
/// first table. A poisoned event is a deposit without cents, which that table refuses; at a closed
/// account the projection panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByHand {
    /// As they are declared first.
    First,
    /// The same, with another revision.
    Revised,
    /// As first, but of the category `Savings` alone.
    Savings,
}

/// A row of the first table.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "deposits")]
struct Deposit {
    #[key]
    position: u64,
    cents: i64,
}

/// A row of the second one.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "deposit_notes")]
struct Note {
    #[key]
    deposit: u64,
}

impl Subject {
    /// A projector of the deposits by hand, resumed.
    pub(super) async fn deposits(&self, declared: ByHand) -> Writing {
        let projector: Arc<dyn Projector> = self.database.by_hand(declared).await;
        let writing = Writing(projector);
        writing.resume().await;
        writing
    }

    /// How many rows there are in both tables.
    async fn noted(&self) -> (usize, usize) {
        let deposits = self.list(Selection::<Deposit>::new()).await;
        let notes = self.list(Selection::<Note>::new()).await;
        (deposits.len(), notes.len())
    }
}

pub(super) async fn a_refused_statement_or_a_panic_writes_neither_and_names_the_event(
    subject: Subject,
) {
    let deposits = subject.deposits(ByHand::First).await;
    for poison in [AccountEvent::Poisoned, AccountEvent::Closed] {
        let events = vec![deposit(1, "a", 5), recorded(2, "b", &poison)];
        let failure = deposits.refusal(0, events).await;
        assert_eq!(failed_at(&failure), 2);
        assert_eq!(subject.noted().await, (0, 0));
        assert_eq!(deposits.position().await, Position::START);
    }
    deposits.apply(0, vec![deposit(1, "a", 5)]).await;
    assert_eq!(subject.noted().await, (1, 1));
}

pub(super) async fn an_event_that_is_not_decoded_or_panics_meanwhile_is_named(subject: Subject) {
    let deposits = subject.deposits(ByHand::First).await;
    let (mut newer, mut older) = (
        deposit(2, "a", 5),
        recorded(2, "a", &AccountEvent::Poisoned),
    );
    (newer.schema_version, older.schema_version) = (2, 1);
    for undecodable in [newer, older] {
        let events = vec![deposit(1, "a", 5), undecodable];
        let failure = deposits.refusal(0, events).await;
        assert_eq!(failed_at(&failure), 2);
    }
}

pub(super) async fn another_revision_rebuilds_tables_that_refer_to_each_other(subject: Subject) {
    rebuilds(&subject, ByHand::Revised).await;
}

pub(super) async fn other_events_rebuild_tables_by_hand(subject: Subject) {
    rebuilds(&subject, ByHand::Savings).await;
}

async fn rebuilds(subject: &Subject, declared: ByHand) {
    let deposits = subject.deposits(ByHand::First).await;
    deposits.apply(0, vec![deposit(1, "a", 5)]).await;
    assert_eq!(subject.noted().await, (1, 1));
    let otherwise = subject.deposits(declared).await;
    assert_eq!(otherwise.position().await, Position::START);
    assert_eq!(subject.noted().await, (0, 0));
}

pub(super) async fn an_older_declaration_by_hand_writes_nothing_and_takes_nothing_over(
    subject: Subject,
) {
    let older = subject.deposits(ByHand::First).await;
    let newer = subject.deposits(ByHand::Revised).await;
    let written = older.refusal(0, vec![deposit(1, "a", 5)]).await;
    let resumed = older.0.resume(STORE).await.expect_err("it was superseded");
    for refusal in [written, resumed] {
        let superseded = matches!(refusal, ProjectionError::Superseded { .. });
        assert!(superseded, "{refusal}");
    }
    assert_eq!(subject.noted().await, (0, 0));
    newer.apply(0, vec![deposit(1, "a", 5)]).await;
}
