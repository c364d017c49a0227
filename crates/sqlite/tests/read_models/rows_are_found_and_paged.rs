//! Queries on a typed read model.

use std::ops::Bound;
use std::sync::Arc;

use annals_core::{
    Position, Projection, Projector, QueryError, ReadModel, Recorded, Selection, Table, Timestamp,
};
use annals_macros::ReadModel;
use annals_sqlite::Database;

use crate::bank::{
    AccountEvent, Balance, balance, batch, database, deposit, projector_of, recorded,
};

/// Every event of every account: a row for each.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "transactions", index(note))]
struct Transaction {
    #[key]
    account: String,
    #[key]
    position: Position,
    note: Option<String>,
    cents: i64,
    at: Timestamp,
}

impl Projection for Transaction {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<(String, Position)> {
        vec![(event.record.stream.id().to_owned(), event.record.position)]
    }

    fn fold(
        _: Option<Self>,
        (account, position): &(String, Position),
        event: &Recorded<AccountEvent>,
    ) -> Option<Self> {
        let AccountEvent::Deposited { cents } = event.event else {
            return None;
        };
        Some(Self {
            account: account.clone(),
            position: *position,
            note: (cents % 2 == 0).then(|| "even".to_owned()),
            cents,
            at: event.record.recorded_at,
        })
    }
}

/// A bank in which each deposit is worth its position.
struct Bank {
    database: Database,
    projector: Arc<dyn Projector>,
    table: Table<Transaction>,
    position: u64,
}

impl Bank {
    async fn new() -> Self {
        let database = database().await;
        Self {
            table: database.table(),
            projector: projector_of::<Transaction>(&database).await,
            database,
            position: 0,
        }
    }

    async fn with_deposits(deposits: u64) -> Self {
        let mut bank = Self::new().await;
        for _ in 0..deposits {
            bank.deposit("a").await;
        }
        bank
    }

    async fn deposit(&mut self, account: &str) {
        let before = self.position;
        self.position += 1;
        let mut event = deposit(self.position, account, self.position.cast_signed());
        event.recorded_at = Timestamp::from_millisecond(self.position.cast_signed() * 50)
            .expect("not long after 1970");
        let applied = self.projector.apply(batch(before, vec![event])).await;
        applied.expect("the batch follows the last");
    }

    async fn positions(&self, selection: Selection<Transaction>) -> Vec<u64> {
        let rows = self
            .table
            .list(selection)
            .await
            .expect("the table is there");
        rows.iter().map(|row| row.position.0).collect()
    }
}

#[tokio::test]
async fn texts_of_any_kind_are_keys() {
    let mut bank = Bank::new().await;
    let accounts = [
        "it's \"quoted\"",
        "'; drop table transactions; --",
        "Ünïcødé 🦀",
        "%_?",
    ];
    for account in accounts {
        bank.deposit(account).await;
    }
    for (account, position) in accounts.iter().zip(1..) {
        let key = ((*account).to_owned(), Position(position));
        let row = bank.table.get(&key).await.unwrap().unwrap();
        assert_eq!(row.key(), key);
        let selection = Selection::new().equal("account", &key.0);
        assert_eq!(bank.positions(selection).await, [position]);
    }
}

#[tokio::test]
async fn a_text_with_nul_is_kept_whole() {
    let database = database().await;
    let projector = projector_of::<Balance>(&database).await;
    let to = "a\0b".to_owned();
    let transfer = recorded(1, "a", &AccountEvent::Transferred { cents: 5, to });
    projector.apply(batch(0, vec![transfer])).await.unwrap();
    assert_eq!(balance(&database, "a\0b").await, Some(5));
    assert_eq!(balance(&database, "a").await, Some(-5));
}

#[tokio::test]
async fn rows_come_in_the_order_of_their_keys() {
    let bank = Bank::with_deposits(12).await;
    assert_eq!(
        bank.positions(Selection::new()).await,
        Vec::from_iter(1..=12)
    );
    let newest = Selection::new().descending().limit(3);
    assert_eq!(bank.positions(newest).await, [12, 11, 10]);
}

#[tokio::test]
async fn a_column_selects_by_value_and_by_absence() {
    let bank = Bank::with_deposits(5).await;
    let even = Selection::new().equal("note", &Some("even".to_owned()));
    assert_eq!(bank.positions(even).await, [2, 4]);
    let odd = Selection::new().equal("note", &None::<String>);
    assert_eq!(bank.positions(odd).await, [1, 3, 5]);
}

#[tokio::test]
async fn a_range_is_as_exclusive_as_it_is_written() {
    let bank = Bank::with_deposits(5).await;
    assert_eq!(
        bank.positions(Selection::new().within("cents", 2..4_i64))
            .await,
        [2, 3]
    );
    assert_eq!(
        bank.positions(Selection::new().within("cents", 2..=4_i64))
            .await,
        [2, 3, 4]
    );
    assert_eq!(
        bank.positions(Selection::new().within("cents", ..2_i64))
            .await,
        [1]
    );
    assert_eq!(
        bank.positions(Selection::new().within::<i64>("cents", ..))
            .await
            .len(),
        5
    );
    let beyond = (Bound::Excluded(2_i64), Bound::Unbounded);
    assert_eq!(
        bank.positions(Selection::new().within("cents", beyond))
            .await,
        [3, 4, 5]
    );
}

#[tokio::test]
async fn timestamps_sort_as_times_do_whatever_their_fractions() {
    let bank = Bank::with_deposits(45).await;
    let second = |second| Timestamp::from_second(second).unwrap();
    let within = Selection::new().within("at", second(1)..second(2));
    assert_eq!(bank.positions(within).await, Vec::from_iter(20..40));
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_while_rows_are_added() {
    let mut bank = Bank::new().await;
    for _ in 0..10 {
        bank.deposit("b").await;
    }
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = last
            .iter()
            .fold(Selection::new().limit(3), |page, key| page.after(key));
        let rows = bank.table.list(page).await.unwrap();
        let Some(row) = rows.last() else { break };
        last = Some(row.key());
        seen.extend(rows.iter().map(|row| row.position.0));
        // One row before all pages, which would push others along if pages were counted.
        bank.deposit("a").await;
    }
    assert_eq!(seen, Vec::from_iter(1..=10));
}

#[tokio::test]
async fn pages_go_backwards_within_a_filter() {
    let bank = Bank::with_deposits(9).await;
    let even = || {
        Selection::new()
            .equal("note", &Some("even".to_owned()))
            .descending()
            .limit(2)
    };
    assert_eq!(bank.positions(even()).await, [8, 6]);
    let after = even().after(&("a".to_owned(), Position(6)));
    assert_eq!(bank.positions(after).await, [4, 2]);
}

#[tokio::test]
async fn a_page_has_a_hundred_rows_unless_it_says_so() {
    let bank = Bank::with_deposits(101).await;
    assert_eq!(bank.positions(Selection::new()).await.len(), 100);
    assert_eq!(
        bank.positions(Selection::new().limit(u32::MAX)).await.len(),
        101
    );
}

#[tokio::test]
async fn a_column_that_is_not_declared_is_refused() {
    let bank = Bank::new().await;
    let selection = Selection::new().equal("cents = 1 or 1", &1_i64);
    let refused = bank.table.list(selection).await.unwrap_err();
    assert!(matches!(
        refused,
        QueryError::UnknownColumn {
            table: "transactions",
            ..
        }
    ));
}

#[tokio::test]
async fn a_row_written_by_other_code_is_refused_with_its_column() {
    let bank = Bank::with_deposits(1).await;
    let key = ("a".to_owned(), Position(1));
    let update = "update transactions set at = 'yesterday'";
    bank.database
        .write(|tx| tx.execute(update, []))
        .await
        .unwrap();
    let refused = bank.table.get(&key).await.unwrap_err();
    assert!(matches!(refused, QueryError::Column(error) if error.column == "at"));
}
