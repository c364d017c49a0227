//! A view that was made by hand on a read model stops its rebuild before it costs anything, by name.

use annals_core::{
    Edition, Exchange, Exchanged, Position, QueryError, Successor, TableFold, Timestamp,
};
use async_trait::async_trait;

use crate::bank::{Balance, Database};

/// Both editions are before the first event.
struct NeverBehind;

#[async_trait]
impl Successor for NeverBehind {
    async fn catch_up(&mut self, position: Position) {
        panic!("the candidate is not at {position}");
    }
}

async fn begin(database: &Database) -> Result<(), QueryError> {
    let editions = database.read_models.editions().unwrap();
    let fold = TableFold::of_rows::<Balance>();
    let candidate = editions.projector(fold, Edition::Candidate).await;
    candidate.map(|_| ())
}

async fn cut_over(database: &Database) -> Result<Exchanged, QueryError> {
    let editions = database.read_models.editions().unwrap();
    let (fold, now) = (TableFold::of_rows::<Balance>(), Timestamp::UNIX_EPOCH);
    editions
        .exchange(&fold, Exchange::CutOver, &mut NeverBehind, now)
        .await
}

fn names_the_view<T: std::fmt::Debug>(refused: &Result<T, QueryError>) {
    let is_named = matches!(refused, Err(QueryError::Refused { reason })
        if reason.contains("view") && reason.contains("totals"));
    assert!(is_named, "{refused:?}");
}

#[tokio::test]
async fn neither_begins_nor_ends_one_while_a_view_depends_on_what_is_replaced() {
    let database = Database::new().await;
    database.projector::<Balance>().await;
    let make = "create view {read}.totals as select sum(cents) from {read}.balances";
    let drop = "drop view {read}.totals";
    database.execute(make).await;
    names_the_view(&begin(&database).await);

    database.execute(drop).await;
    begin(&database).await.unwrap();
    database.execute(make).await;
    names_the_view(&cut_over(&database).await);

    database.execute(drop).await;
    let exchanged = cut_over(&database).await.unwrap();
    assert_eq!(exchanged, Exchanged::Done(Position::START));
    begin(&database).await.unwrap();
}
