//! Queries on a typed read model.

use std::ops::Bound;

use annals_core::{
    Position, Projection, QueryError, ReadModel as _, Recorded, Selection, Timestamp,
};
use annals_macros::ReadModel;
use serde_json::json;

use super::bank::{AccountEvent, deposit};
use super::subject::{Subject, Writing};

/// Every deposit of every account: a row for each.
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
    details: serde_json::Value,
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
            details: json!({"by": {"teller": cents % 3}, "cents": cents}),
        })
    }
}

/// A bank in which each deposit is worth its position.
struct Bank {
    subject: Subject,
    transactions: Writing,
    position: u64,
}

impl Bank {
    async fn new(subject: Subject) -> Self {
        Self {
            transactions: subject.rows::<Transaction>().await,
            subject,
            position: 0,
        }
    }

    async fn with_deposits(subject: Subject, deposits: u64) -> Self {
        let mut bank = Self::new(subject).await;
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
        self.transactions.apply(before, vec![event]).await;
    }

    async fn positions(&self, selection: Selection<Transaction>) -> Vec<u64> {
        let rows = self.subject.list(selection).await;
        rows.iter().map(|row| row.position.0).collect()
    }
}

fn all() -> Selection<Transaction> {
    Selection::new()
}

pub(super) async fn texts_of_any_kind_are_keys(subject: Subject) {
    let mut bank = Bank::new(subject).await;
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
        let row = bank.subject.get::<Transaction>(&key).await;
        assert_eq!(row.map(|row| row.key()), Some(key.clone()));
        let of_account = all().equal("account", &key.0);
        assert_eq!(bank.positions(of_account).await, [position]);
    }
}

pub(super) async fn rows_come_in_the_order_of_their_keys(subject: Subject) {
    let bank = Bank::with_deposits(subject, 12).await;
    assert_eq!(bank.positions(all()).await, Vec::from_iter(1..=12));
    let newest = all().descending().limit(3);
    assert_eq!(bank.positions(newest).await, [12, 11, 10]);
}

pub(super) async fn a_column_selects_by_value_and_by_absence(subject: Subject) {
    let bank = Bank::with_deposits(subject, 5).await;
    let even = all().equal("note", &Some("even".to_owned()));
    assert_eq!(bank.positions(even).await, [2, 4]);
    let odd = all().equal("note", &None::<String>);
    assert_eq!(bank.positions(odd).await, [1, 3, 5]);
}

pub(super) async fn nothing_is_within_a_range_of_nothing(subject: Subject) {
    let bank = Bank::with_deposits(subject, 5).await;
    let selection = all().within("note", ..=None::<String>);
    assert!(bank.positions(selection).await.is_empty());
}

pub(super) async fn a_range_is_as_exclusive_as_it_is_written(subject: Subject) {
    let bank = Bank::with_deposits(subject, 5).await;
    let beyond_two = (Bound::Excluded(2_i64), Bound::Unbounded);
    for (selection, expected) in [
        (all().within("cents", 2..4_i64), vec![2, 3]),
        (all().within("cents", 2..=4_i64), vec![2, 3, 4]),
        (all().within("cents", ..2_i64), vec![1]),
        (all().within::<i64>("cents", ..), vec![1, 2, 3, 4, 5]),
        (all().within("cents", beyond_two), vec![3, 4, 5]),
    ] {
        assert_eq!(bank.positions(selection).await, expected);
    }
}

pub(super) async fn a_text_that_no_row_can_hold_is_found_nowhere_and_has_its_place_in_the_order(
    subject: Subject,
) {
    let mut bank = Bank::new(subject).await;
    for account in ["a", "aa", "b"] {
        bank.deposit(account).await;
    }
    let nul = || "a\0b".to_owned();
    let beyond = (nul(), Position(7));
    for (selection, expected) in [
        (all().equal("account", &nul()), vec![]),
        (all().equal("details", &json!({"\0": "\0"})), vec![]),
        (all().within("account", nul()..), vec![2, 3]),
        (all().within("account", ..nul()), vec![1]),
        (all().within("account", ..=nul()), vec![1]),
        (all().after(&beyond), vec![2, 3]),
        (all().after(&beyond).descending(), vec![1]),
    ] {
        assert_eq!(bank.positions(selection).await, expected);
    }
}

/// A deposit, by its worth.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "amounts")]
struct Amount {
    #[key]
    cents: u64,
    #[key]
    account: String,
}

impl Projection for Amount {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<(u64, String)> {
        let AccountEvent::Deposited { cents } = event.event else {
            return Vec::new();
        };
        let account = event.record.stream.id().to_owned();
        vec![(cents.unsigned_abs(), account)]
    }

    fn fold(
        _: Option<Self>,
        (cents, account): &(u64, String),
        _: &Recorded<AccountEvent>,
    ) -> Option<Self> {
        let (cents, account) = (*cents, account.clone());
        Some(Self { cents, account })
    }
}

pub(super) async fn a_number_that_no_row_can_hold_is_above_all_that_are_there(subject: Subject) {
    let amounts = subject.rows::<Amount>().await;
    let greatest = i64::MAX;
    let events = vec![deposit(1, "b", greatest), deposit(2, "b", 5)];
    amounts.apply(0, events).await;
    let all = || Selection::<Amount>::new();
    let beyond = (u64::MAX, "a".to_owned());
    let greatest = greatest.unsigned_abs();
    for (selection, expected) in [
        (all().equal("cents", &u64::MAX), vec![]),
        (all().within("cents", u64::MAX..), vec![]),
        (all().within("cents", ..u64::MAX), vec![5, greatest]),
        (all().after(&beyond), vec![]),
        (all().after(&beyond).descending(), vec![greatest, 5]),
    ] {
        let rows = subject.list(selection).await;
        let cents: Vec<u64> = rows.iter().map(|row| row.cents).collect();
        assert_eq!(cents, expected);
    }
}

pub(super) async fn timestamps_sort_as_times_do_whatever_their_fractions(subject: Subject) {
    let bank = Bank::with_deposits(subject, 45).await;
    let second = |second| Timestamp::from_second(second).expect("not long after 1970");
    let within = all().within("at", second(1)..second(2));
    assert_eq!(bank.positions(within).await, Vec::from_iter(20..40));
}

pub(super) async fn pages_neither_repeat_nor_skip_while_rows_are_added(subject: Subject) {
    let mut bank = Bank::new(subject).await;
    for _ in 0..10 {
        bank.deposit("b").await;
    }
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = last
            .iter()
            .fold(all().limit(3), |page, key| page.after(key));
        let rows = bank.subject.list(page).await;
        let Some(row) = rows.last() else { break };
        last = Some(row.key());
        seen.extend(rows.iter().map(|row| row.position.0));
        // One row before all pages, which would push others along if pages were counted.
        bank.deposit("a").await;
    }
    assert_eq!(seen, Vec::from_iter(1..=10));
}

pub(super) async fn pages_go_backwards_within_a_filter(subject: Subject) {
    let bank = Bank::with_deposits(subject, 9).await;
    let even = || all().equal("note", &Some("even".to_owned()));
    let even = || even().descending().limit(2);
    assert_eq!(bank.positions(even()).await, [8, 6]);
    let after = even().after(&("a".to_owned(), Position(6)));
    assert_eq!(bank.positions(after).await, [4, 2]);
}

pub(super) async fn a_page_has_a_hundred_rows_unless_it_says_so(subject: Subject) {
    let bank = Bank::with_deposits(subject, 101).await;
    assert_eq!(bank.positions(all()).await.len(), 100);
    assert_eq!(bank.positions(all().limit(u32::MAX)).await.len(), 101);
}

pub(super) async fn a_column_that_is_not_declared_is_refused(subject: Subject) {
    let bank = Bank::new(subject).await;
    let selection = all().equal("cents = 1 or 1", &1_i64);
    let refused = bank.subject.table().list(selection).await;
    assert!(
        matches!(refused, Err(QueryError::UnknownColumn { .. })),
        "{refused:?}"
    );
}

pub(super) async fn json_is_looked_into_or_refused(subject: Subject) {
    let bank = Bank::with_deposits(subject, 5).await;
    let by_second_teller = all().containing("details", &json!({"by": {"teller": 2}}));
    match bank.subject.table().list(by_second_teller).await {
        Ok(rows) => {
            let positions: Vec<u64> = rows.iter().map(|row| row.position.0).collect();
            assert_eq!(positions, [2, 5]);
        }
        Err(QueryError::Unsupported { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

pub(super) async fn rows_come_in_the_order_of_a_column_and_page_by_page(subject: Subject) {
    let bank = Bank::with_deposits(subject, 5).await;
    let by_note = || all().by("note", &Some("e".to_owned()));
    assert_eq!(bank.positions(by_note()).await, [2, 4]);
    let cents = |from: i64| all().by("cents", &from).limit(2);
    assert_eq!(bank.positions(cents(2)).await, [2, 3]);
    let beyond = |position| ("a".to_owned(), Position(position));
    let next = cents(3).after(&beyond(3));
    assert_eq!(bank.positions(next).await, [4, 5]);
    let before = cents(3).descending().after(&beyond(3));
    assert_eq!(bank.positions(before).await, [2, 1]);
}

pub(super) async fn rows_of_the_same_value_come_in_the_order_of_their_keys(subject: Subject) {
    let bank = Bank::with_deposits(subject, 9).await;
    let even = || all().by("note", &Some("even".to_owned())).limit(2);
    assert_eq!(bank.positions(even()).await, [2, 4]);
    let after = ("a".to_owned(), Position(4));
    assert_eq!(bank.positions(even().after(&after)).await, [6, 8]);
}
