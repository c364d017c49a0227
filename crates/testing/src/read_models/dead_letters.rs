//! Events that cannot be applied, and those that wait behind them.

use annals_core::{
    DeadLetter, DeadLetters, Failure, ParkCause, Position, Projection, ProjectionError, Recorded,
    RecordedEvent, Released, Skipped, TableFold, Timestamp, Tried,
};
use annals_macros::ReadModel;

use super::bank::{AccountEvent, Balance, batch, deposit, recorded, transfer};
use super::declarations::RevisedBalance;
use super::subject::{Subject, Writing};

/// The balance by mended code: what was poison is money found.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(super) struct MendedBalance {
    #[key]
    account: String,
    cents: i64,
}

impl Projection for MendedBalance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let before = row.map(|Self { account, cents }| Balance { account, cents });
        let after = match event.event {
            AccountEvent::Poisoned => Some(Balance {
                account: account.clone(),
                cents: before.map_or(0, |row| row.cents) * 10 + 1,
            }),
            _ => Balance::fold(before, account, event),
        };
        after.map(|Balance { account, cents }| Self { account, cents })
    }
}

/// An account of which no two may hold the same.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "lucky_numbers", index(cents, unique))]
pub(super) struct LuckyNumber {
    #[key]
    account: String,
    cents: i64,
}

impl Projection for LuckyNumber {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(_: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let AccountEvent::Deposited { cents } = event.event else {
            return None;
        };
        let account = account.clone();
        Some(Self { account, cents })
    }
}

fn poison(position: u64, account: &str) -> RecordedEvent {
    recorded(position, account, &AccountEvent::Poisoned)
}

fn tried(attempts: u32) -> Tried {
    Tried {
        attempts,
        code_version: "1.2".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn failure(attempts: u32) -> Failure {
    Failure {
        error: "poisoned".to_owned(),
        tried: tried(attempts),
    }
}

fn skipped() -> Skipped {
    Skipped {
        reason: "it never happened".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn positions(positions: &[u64]) -> Vec<Position> {
    positions.iter().copied().map(Position).collect()
}

impl Writing {
    fn dead_letters(&self) -> &dyn DeadLetters {
        let dead_letters = self.0.dead_letters();
        dead_letters.expect("a read model has a place for dead letters")
    }

    /// Parks the first event of a batch; must be done.
    pub(super) async fn park(&self, after: u64, events: Vec<RecordedEvent>) {
        let parked = self.park_of_batch(after, events).await;
        parked.unwrap_or_else(|error| panic!("an event was not parked: {error}"));
    }

    async fn park_of_batch(
        &self,
        after: u64,
        events: Vec<RecordedEvent>,
    ) -> Result<(), ProjectionError> {
        let failed = events[0].position;
        let parked = self.dead_letters();
        parked.park(batch(after, events), failed, failure(5)).await
    }

    pub(super) async fn release(&self, events: &[RecordedEvent]) -> Released {
        let released = self.dead_letters().release(events.into(), tried(1)).await;
        released.unwrap_or_else(|error| panic!("nothing was released: {error}"))
    }

    async fn skip(&self, position: u64) -> bool {
        let position = Position(position);
        let skip = self.dead_letters().skip(position, skipped()).await;
        skip.unwrap_or_else(|error| panic!("nothing was skipped: {error}"))
    }

    async fn letters(&self) -> Vec<DeadLetter> {
        let letters = self.dead_letters().list(Position::START, 100).await;
        letters.unwrap_or_else(|error| panic!("letters were not read: {error}"))
    }

    /// The positions of all letters, each with the one it waits for.
    async fn waiting(&self) -> Vec<(u64, Option<u64>)> {
        let letters = self.letters().await.into_iter();
        let waiting = letters.map(|letter| match letter.cause {
            ParkCause::Waits(first) => (letter.position.0, Some(first.0)),
            ParkCause::Failed(_) => (letter.position.0, None),
        });
        waiting.collect()
    }

    async fn parked(&self) -> u64 {
        let parked = self.dead_letters().parked().await;
        parked.unwrap_or_else(|error| panic!("letters were not counted: {error}"))
    }
}

pub(super) async fn what_is_parked_has_no_effect_and_other_keys_go_on(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    let events = vec![poison(2, "a"), deposit(3, "a", 5), deposit(4, "b", 7)];
    balances.park(1, events).await;
    assert_eq!(balances.position().await, Position(4));
    assert_eq!(subject.balance("a").await, Some(5));
    assert_eq!(subject.balance("b").await, Some(7));
    assert_eq!(balances.waiting().await, [(2, None), (3, Some(2))]);
    assert_eq!(balances.parked().await, 2);
    assert_eq!(
        balances.letters().await[0].cause,
        ParkCause::Failed(failure(5))
    );
}

pub(super) async fn later_events_of_its_key_wait_in_later_batches_too(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.park(0, vec![poison(1, "a")]).await;
    let subject = subject.reopened().await;
    let balances = subject.rows::<Balance>().await;
    let events = vec![
        deposit(2, "a", 5),
        transfer(3, "b", 1, "a"),
        deposit(4, "b", 1),
    ];
    balances.apply(1, events).await;
    balances.apply(4, vec![deposit(5, "c", 9)]).await;
    let waiting = [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(3))];
    assert_eq!(balances.waiting().await, waiting);
    assert_eq!(subject.balance("a").await, None);
    assert_eq!(subject.balance("b").await, None);
    assert_eq!(subject.balance("c").await, Some(9));
}

pub(super) async fn a_batch_that_does_not_begin_at_the_checkpoint_parks_nothing(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    let refusal = balances.park_of_batch(0, vec![poison(2, "a")]).await;
    let moved = matches!(refusal, Err(ProjectionError::Moved { .. }));
    assert!(moved, "{refusal:?}");
    assert_eq!(balances.parked().await, 0);
}

pub(super) async fn a_failure_behind_a_parked_event_parks_nothing(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let events = vec![poison(1, "a"), poison(2, "b")];
    let refusal = balances.park_of_batch(0, events).await;
    let second = matches!(refusal, Err(ProjectionError::Event { position, .. }) if position.0 == 2);
    assert!(second, "{refusal:?}");
    assert_eq!(balances.parked().await, 0);
    assert_eq!(balances.position().await, Position::START);
}

/// An account with a poison between deposits, parked from there on.
pub(super) async fn poisoned(subject: &Subject) -> Vec<RecordedEvent> {
    let events = vec![
        deposit(1, "a", 5),
        poison(2, "a"),
        deposit(3, "a", 5),
        transfer(4, "b", 1, "a"),
        deposit(5, "c", 3),
    ];
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, events[..1].to_vec()).await;
    balances.park(1, events[1..2].to_vec()).await;
    balances.apply(2, events[2..].to_vec()).await;
    events
}

pub(super) async fn released_events_have_the_effect_they_would_have_had(subject: Subject) {
    let events = poisoned(&subject).await;
    let mended = subject.rows::<MendedBalance>().await;
    let released = mended.release(&events[1..4]).await;
    assert_eq!(released.applied, positions(&[2, 3, 4]));
    assert_eq!(released.parked, []);
    // 5, then 51, 56, 57: in another order it would be another number.
    assert_eq!(subject.balance("a").await, Some(57));
    assert_eq!(subject.balance("b").await, Some(-1));
    assert_eq!(mended.letters().await, []);
    assert_eq!(mended.position().await, Position(5));
    mended.apply(5, vec![deposit(6, "a", 1)]).await;
    assert_eq!(subject.balance("a").await, Some(58));
}

pub(super) async fn what_is_not_parked_is_not_released(subject: Subject) {
    let events = poisoned(&subject).await;
    let mended = subject.rows::<MendedBalance>().await;
    mended.release(&events).await;
    assert_eq!(mended.release(&events).await, Released::default());
    assert_eq!(subject.balance("a").await, Some(57));
    assert_eq!(subject.balance("c").await, Some(3));
}

pub(super) async fn one_that_fails_again_stays_and_counts_its_attempts(subject: Subject) {
    let events = poisoned(&subject).await;
    let balances = subject.rows::<Balance>().await;
    let released = balances.release(&events[1..4]).await;
    assert_eq!(released.applied, []);
    assert_eq!(released.parked, positions(&[2, 3, 4]));
    let ParkCause::Failed(failure) = balances.letters().await.remove(0).cause else {
        panic!("it failed")
    };
    assert_eq!(failure.tried, tried(6));
    assert_eq!(subject.balance("a").await, Some(5));
}

pub(super) async fn one_that_waits_for_another_is_not_released_before_it(subject: Subject) {
    let events = poisoned(&subject).await;
    let mended = subject.rows::<MendedBalance>().await;
    let released = mended.release(&events[2..4]).await;
    assert_eq!(released.applied, []);
    assert_eq!(released.parked, positions(&[3, 4]));
    let released = mended.release(&events[1..2]).await;
    assert_eq!(released.applied, positions(&[2]));
    assert_eq!(subject.balance("a").await, Some(51));
    assert_eq!(mended.parked().await, 2);
    mended.release(&events[2..4]).await;
    assert_eq!(subject.balance("a").await, Some(57));
}

pub(super) async fn one_whose_row_is_refused_stays_alone(subject: Subject) {
    let numbers = subject.rows::<LuckyNumber>().await;
    numbers.apply(0, vec![deposit(1, "a", 7)]).await;
    let events = [deposit(2, "b", 7), deposit(3, "c", 8)];
    numbers.park(1, events[..1].to_vec()).await;
    numbers.park(2, events[1..].to_vec()).await;
    let released = numbers.release(&events).await;
    assert_eq!(released.applied, positions(&[3]));
    assert_eq!(released.parked, positions(&[2]));
    assert_eq!(subject.get::<LuckyNumber>(&"b".to_owned()).await, None);
    let third = subject.get::<LuckyNumber>(&"c".to_owned()).await;
    assert_eq!(third.map(|row| row.cents), Some(8));
}

pub(super) async fn nothing_waits_for_what_was_skipped(subject: Subject) {
    let events = poisoned(&subject).await;
    let balances = subject.rows::<Balance>().await;
    assert!(balances.skip(2).await);
    assert!(!balances.skip(2).await);
    assert!(!balances.skip(5).await);
    let released = balances.release(&events).await;
    assert_eq!(released.applied, positions(&[3, 4]));
    assert_eq!(subject.balance("a").await, Some(11));
    balances.apply(5, vec![deposit(6, "a", 1)]).await;
    assert_eq!(subject.balance("a").await, Some(12));
}

pub(super) async fn what_was_skipped_is_told_for_ever(subject: Subject) {
    let events = poisoned(&subject).await;
    subject.rows::<Balance>().await.skip(2).await;
    let subject = subject.reopened().await;
    let balances = subject.rows::<Balance>().await;
    balances.release(&events).await;
    let letters = balances.letters().await;
    let [letter] = &letters[..] else {
        panic!("{letters:?}")
    };
    assert_eq!(letter.event, events[1].id);
    assert_eq!(letter.stream, events[1].stream);
    assert_eq!(letter.skipped, Some(skipped()));
    assert_eq!(balances.parked().await, 0);
}

pub(super) async fn a_redacted_letter_says_nothing_and_parks_as_before(subject: Subject) {
    poisoned(&subject).await;
    let balances = subject.rows::<Balance>().await;
    let (before, parked) = (balances.letters().await, balances.parked().await);
    // There is no letter of the first event, and none beyond the last.
    let positions = [Position(1), Position(2), Position(1_000)];
    let redacted = balances.dead_letters().redact(&positions).await;
    let redacted = redacted.unwrap_or_else(|error| panic!("not redacted: {error}"));
    assert_eq!(redacted, 1);
    let mut expected = before;
    let letter = expected[0].clone();
    assert_eq!(letter.position, Position(2));
    expected[0] = letter.clone().redacted();
    assert_ne!(expected[0], letter, "the poisoned event has an error");
    assert_eq!(balances.letters().await, expected);
    assert_eq!(balances.parked().await, parked);
}

pub(super) async fn letters_come_in_pages(subject: Subject) {
    poisoned(&subject).await;
    let balances = subject.rows::<Balance>().await;
    let page = balances.dead_letters().list(Position(2), 1).await;
    let page = page.unwrap_or_else(|error| panic!("letters were not read: {error}"));
    let [letter] = &page[..] else {
        panic!("{page:?}")
    };
    assert_eq!(letter.position, Position(3));
}

pub(super) async fn an_older_declaration_releases_and_skips_nothing(subject: Subject) {
    let events = poisoned(&subject).await;
    let older = subject.rows::<Balance>().await;
    subject
        .projector(TableFold::of_rows::<RevisedBalance>())
        .await;
    let letters = older.dead_letters();
    let refusals = [
        letters.release(events.into(), tried(1)).await.err(),
        letters.skip(Position(2), skipped()).await.err(),
    ];
    for refusal in refusals {
        let superseded = matches!(refusal, Some(ProjectionError::Superseded { .. }));
        assert!(superseded, "{refusal:?}");
    }
}

pub(super) async fn a_rebuild_forgets_what_was_parked(subject: Subject) {
    poisoned(&subject).await;
    let revised = subject.rows::<RevisedBalance>().await;
    assert_eq!(revised.letters().await, []);
}
