//! The effect of a batch and the checkpoint behind it: both, once, or neither.

use annals_core::{
    Position, Projection, ProjectionError, Recorded, RecordedEvent, Selection, TableFold,
};
use annals_macros::ReadModel;

use super::bank::{
    AccountEvent, Balance, OTHER_STORE, STORE, batch, deposit, failed_at, recorded, transfer,
};
use super::declarations::RevisedBalance;
use super::subject::{Subject, Writing};

pub(super) async fn a_batch_moves_rows_and_checkpoint(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    assert_eq!(balances.position().await, Position::START);
    let events = vec![deposit(1, "a", 5), deposit(2, "b", 7), deposit(4, "a", 1)];
    balances.apply(0, events).await;
    assert_eq!(subject.balance("a").await, Some(6));
    assert_eq!(subject.balance("b").await, Some(7));
    assert_eq!(balances.resume().await, Position(4));
}

pub(super) async fn a_batch_without_events_moves_the_checkpoint(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let mut empty = batch(0, vec![]);
    empty.up_to = Position(90);
    let applied = balances.0.apply(empty).await;
    assert!(applied.is_ok(), "{applied:?}");
    assert_eq!(balances.resume().await, Position(90));
}

pub(super) async fn rows_and_checkpoint_are_there_after_reopening(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    let reopened = subject.reopened().await;
    drop((subject, balances));
    assert_eq!(reopened.rows::<Balance>().await.resume().await, Position(1));
    assert_eq!(reopened.balance("a").await, Some(5));
}

pub(super) async fn a_row_is_deleted_when_its_fold_ends(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    let closed = recorded(2, "a", &AccountEvent::Closed);
    balances.apply(1, vec![closed]).await;
    assert_eq!(subject.balance("a").await, None);
}

pub(super) async fn a_panic_in_the_middle_writes_neither_and_names_the_event(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let poisoned = recorded(2, "b", &AccountEvent::Poisoned);
    let events = vec![deposit(1, "a", 5), poisoned, deposit(3, "a", 5)];
    let failure = balances.refusal(0, events).await;
    let message = "event at position 2 cannot be applied: the projection panicked: poisoned";
    assert_eq!(failure.to_string(), message);
    assert_eq!(subject.balance("a").await, None);
    assert_eq!(balances.position().await, Position::START);
}

/// Folds every row into that of another account.
#[derive(ReadModel, Clone)]
struct Misfiled {
    #[key]
    account: String,
}

impl Projection for Misfiled {
    type Event = AccountEvent;

    fn keys(_: &Recorded<AccountEvent>) -> Vec<String> {
        vec!["a".to_owned()]
    }

    fn fold(_: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        let account = "b".to_owned();
        Some(Self { account })
    }
}

pub(super) async fn a_row_folded_under_another_key_is_refused_and_names_the_event(
    subject: Subject,
) {
    let misfiled = subject.rows::<Misfiled>().await;
    let failure = misfiled.refusal(0, vec![deposit(1, "a", 5)]).await;
    assert_eq!(failed_at(&failure), 1);
    let rows = subject.list(Selection::<Misfiled>::new()).await;
    assert!(rows.is_empty());
}

pub(super) async fn an_event_that_cannot_be_decoded_is_named(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let mut newer = deposit(3, "a", 5);
    newer.schema_version = 2;
    let failure = balances.refusal(0, vec![deposit(1, "a", 5), newer]).await;
    assert_eq!(failed_at(&failure), 3);
}

/// Who owns which nickname; no two accounts have the same, in whatever case.
#[derive(ReadModel, Clone)]
#[read_model(
    table = "nicknames",
    index(expression = "lower(nickname)", name = "by_nickname", unique)
)]
struct Nickname {
    #[key]
    account: String,
    nickname: String,
}

impl Projection for Nickname {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let AccountEvent::Transferred { to, .. } = &event.event else {
            return None;
        };
        Some(Self {
            account: account.clone(),
            nickname: to.clone(),
        })
    }
}

fn named(position: u64, account: &str, nickname: &str) -> RecordedEvent {
    transfer(position, account, 0, nickname)
}

pub(super) async fn values_that_must_be_unique_may_change_places_within_a_batch(subject: Subject) {
    let nicknames = subject.rows::<Nickname>().await;
    nicknames
        .apply(0, vec![named(1, "a", "x"), named(2, "b", "y")])
        .await;
    let events = vec![named(3, "a", "z"), named(4, "b", "X"), named(5, "a", "Y")];
    nicknames.apply(2, events).await;
    let row = subject.get::<Nickname>(&"a".to_owned()).await;
    assert_eq!(row.map(|row| row.nickname), Some("Y".to_owned()));
}

pub(super) async fn what_must_be_unique_is_so_after_each_batch(subject: Subject) {
    let nicknames = subject.rows::<Nickname>().await;
    // Between the second and the third, both are called the same.
    let events = vec![named(1, "a", "x"), named(2, "b", "x"), named(3, "a", "y")];
    nicknames.apply(0, events).await;
    let failure = nicknames.refusal(3, vec![named(4, "a", "x")]).await;
    assert_eq!(failed_at(&failure), 4);
}

pub(super) async fn a_value_that_is_there_already_names_the_event_that_brings_it_again(
    subject: Subject,
) {
    let nicknames = subject.rows::<Nickname>().await;
    nicknames.apply(0, vec![named(1, "b", "x")]).await;
    let events = vec![named(2, "c", "y"), named(3, "a", "X")];
    let failure = nicknames.refusal(1, events).await;
    assert_eq!(failed_at(&failure), 3);
    let rows = subject.list(Selection::<Nickname>::new()).await;
    assert_eq!(rows.len(), 1);
}

pub(super) async fn a_batch_that_does_not_begin_at_the_checkpoint_writes_nothing(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    for (after, position) in [(0, 1), (2, 3)] {
        let refusal = balances
            .refusal(after, vec![deposit(position, "a", 5)])
            .await;
        let ProjectionError::Moved { expected, actual } = refusal else {
            panic!("{refusal}")
        };
        assert_eq!((expected, actual), (Position(after), Position(1)));
    }
    assert_eq!(subject.balance("a").await, Some(5));
    assert_eq!(balances.position().await, Position(1));
}

pub(super) async fn a_projector_that_was_not_resumed_writes_nothing(subject: Subject) {
    let balances = Writing(subject.projector(TableFold::of_rows::<Balance>()).await);
    let refusal = balances.refusal(0, vec![deposit(1, "a", 5)]).await;
    let moved = matches!(refusal, ProjectionError::Moved { .. });
    assert!(moved, "{refusal}");
    assert_eq!(subject.balance("a").await, None);
}

pub(super) async fn two_that_take_turns_never_apply_twice(subject: Subject) {
    let other = subject.reopened().await;
    let run = async |subject: &Subject| {
        let balances = subject.rows::<Balance>().await;
        let mut position = balances.resume().await.0;
        while position < 50 {
            let next = batch(position, vec![deposit(position + 1, "a", 1)]);
            position = match balances.0.apply(next).await {
                Ok(()) => position + 1,
                Err(ProjectionError::Moved { .. }) => balances.resume().await.0,
                Err(other) => panic!("{other}"),
            };
        }
    };
    tokio::join!(run(&subject), run(&other));
    assert_eq!(subject.balance("a").await, Some(50));
}

pub(super) async fn the_read_model_of_another_store_is_refused(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    for refused in [
        balances.0.resume(OTHER_STORE).await,
        balances.0.position(OTHER_STORE).await,
    ] {
        let Err(ProjectionError::WrongStore {
            expected, actual, ..
        }) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!((expected, actual), (OTHER_STORE, STORE));
    }
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
}

pub(super) async fn a_look_at_the_checkpoint_binds_it_to_no_store(subject: Subject) {
    let projector = subject.projector(TableFold::of_rows::<Balance>()).await;
    let unbound = projector.position(OTHER_STORE).await;
    assert_eq!(unbound.ok(), Some(Position::START));
    assert_eq!(projector.resume(STORE).await.ok(), Some(Position::START));
}

pub(super) async fn an_older_declaration_writes_nothing_any_more(subject: Subject) {
    let (older, newer) = superseded(&subject).await;
    let refusal = older.refusal(0, vec![deposit(1, "a", 5)]).await;
    assert_superseded(&refusal);
    assert_eq!(subject.balance("a").await, None);
    newer.apply(0, vec![deposit(1, "a", 5)]).await;
}

pub(super) async fn an_older_declaration_takes_nothing_over(subject: Subject) {
    let (older, newer) = superseded(&subject).await;
    assert_superseded(&older.0.resume(STORE).await.expect_err("it was superseded"));
    newer.apply(0, vec![deposit(1, "a", 5)]).await;
}

pub(super) async fn an_older_declaration_tells_nothing_of_the_tables(subject: Subject) {
    let (older, newer) = superseded(&subject).await;
    newer.apply(0, vec![deposit(1, "a", 5)]).await;
    assert_superseded(
        &older
            .0
            .position(STORE)
            .await
            .expect_err("it was superseded"),
    );
}

/// The balances as they were declared first, and as another process declares them since.
async fn superseded(subject: &Subject) -> (Writing, Writing) {
    let older = subject.rows::<Balance>().await;
    let newer = subject.reopened().await.rows::<RevisedBalance>().await;
    (older, newer)
}

#[track_caller]
fn assert_superseded(refusal: &ProjectionError) {
    let superseded = matches!(refusal, ProjectionError::Superseded { .. });
    assert!(superseded, "{refusal}");
}

pub(super) async fn a_look_at_the_checkpoint_takes_nothing_over(subject: Subject) {
    let standby = subject.rows::<Balance>().await;
    let owner = subject.reopened().await.rows::<Balance>().await;
    for after in 0..3 {
        assert_eq!(standby.position().await, Position(after));
        owner.apply(after, vec![deposit(after + 1, "a", 5)]).await;
    }
}
