//! What others did to the tables is noticed, and neither taken over nor written on.

use annals_core::{
    Position, Projection, ProjectionError, QueryError, Recorded, TableFold, Timestamp,
};
use annals_macros::ReadModel;

use super::bank::{AccountEvent, Balance, OTHER_STORE, deposit};
use super::declarations::RevisedBalance;
use super::subject::Subject;

pub(super) async fn a_table_that_no_projection_made_is_not_taken_over(subject: Subject) {
    subject
        .execute("create table balances (anything text)")
        .await;
    let fold = TableFold::of_rows::<Balance>();
    let refused = subject.read_models.projector(fold).await;
    assert!(matches!(refused.err(), Some(QueryError::Refused { .. })));
}

pub(super) async fn a_table_that_is_gone_is_damage_and_not_unavailable(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    subject.execute("drop table balances").await;
    let failure = balances.refusal(0, vec![deposit(1, "a", 5)]).await;
    assert_damaged(&failure);
}

pub(super) async fn a_read_model_that_is_of_another_store_by_now_is_not_written(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    // Declared otherwise and then as it was, it is of no store.
    subject.rows::<RevisedBalance>().await;
    let other = subject.projector(TableFold::of_rows::<Balance>()).await;
    let taken = other.resume(OTHER_STORE).await;
    assert_eq!(taken.ok(), Some(Position::START));

    let refusal = balances.refusal(0, vec![deposit(1, "a", 5)]).await;
    let wrong_store = matches!(refusal, ProjectionError::WrongStore { .. });
    assert!(wrong_store, "{refusal}");
    assert_eq!(subject.balance("a").await, None);
}

/// Declares when an account was changed last, in columns that are alike whatever the type.
macro_rules! changes {
    ($name:ident, $at:ty, $changed:expr) => {
        #[derive(ReadModel, Debug, Clone, PartialEq)]
        #[read_model(table = "changes")]
        struct $name {
            #[key]
            account: String,
            at: $at,
        }

        impl Projection for $name {
            type Event = AccountEvent;

            fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
                vec![event.record.stream.id().to_owned()]
            }

            fn fold(_: Option<Self>, key: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
                let (account, at) = (key.clone(), $changed);
                Some(Self { account, at })
            }
        }
    };
}

changes!(Change, Timestamp, Timestamp::UNIX_EPOCH);
changes!(VagueChange, String, "yesterday".to_owned());

pub(super) async fn a_row_that_other_code_wrote_is_damage_and_nothing_is_written(subject: Subject) {
    let vague = subject.rows::<VagueChange>().await;
    vague.apply(0, vec![deposit(1, "a", 5)]).await;
    let changes = subject.rows::<Change>().await;

    let events = vec![deposit(2, "b", 5), deposit(3, "a", 5)];
    assert_damaged(&changes.refusal(1, events).await);

    assert_eq!(changes.resume().await, Position(1));
    assert_eq!(subject.get::<Change>(&"b".to_owned()).await, None);
    let refused = subject.table::<Change>().get(&"a".to_owned()).await;
    assert!(matches!(refused, Err(QueryError::Column(error)) if error.column == "at"));
}

#[track_caller]
fn assert_damaged(failure: &ProjectionError) {
    let damaged = matches!(failure, ProjectionError::Damaged { .. });
    assert!(damaged, "{failure}");
}
