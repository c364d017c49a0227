//! What can be told of a few keys by their events alone, and what is left out.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::{KeySample, LeftOut, Refold, RefoldPurpose, RowsCheck};
use crate::column::Value;
use crate::dead_letter::{DeadLetter, ParkCause, Skipped};
use crate::decode::Recorded;
use crate::event::RecordedEvent;
use crate::ids::EditionId;
use crate::parking::PartitionKey;
use crate::position::Position;
use crate::stream::StreamId;
use crate::table_fold::TableFold;
use crate::table_fold::tests::bank::{AccountEvent, Balance, Statement};
use crate::table_fold::tests::{deposit, recorded, text};
use crate::table_projection::{NotLoaded, Rows, TableProjection, TableShape};

use RefoldPurpose::{Comparison, Replacement};

const EDITION: EditionId = EditionId(Uuid::nil());

fn row(account: &str) -> PartitionKey {
    PartitionKey::of_row(&[text(account)])
}

fn stream(account: &str) -> PartitionKey {
    PartitionKey::of_stream(&StreamId::new("Account", account).unwrap())
}

fn transfer(position: u64, account: &str, cents: i64, to: &str) -> RecordedEvent {
    let to = to.to_owned();
    recorded(position, account, &AccountEvent::Transferred { cents, to })
}

fn poisoned(position: u64, account: &str) -> RecordedEvent {
    recorded(position, account, &AccountEvent::Poisoned)
}

fn parked(event: &RecordedEvent, keys: &[PartitionKey]) -> DeadLetter {
    DeadLetter::new(event, keys.to_vec(), ParkCause::Waits(Position(1)))
}

fn balance(account: &str, cents: i64) -> Vec<Value> {
    vec![text(account), Value::Integer(cents)]
}

/// Balances, of given keys, after some events.
fn balances(keys: &[PartitionKey], purpose: RefoldPurpose, events: &[RecordedEvent]) -> Refold {
    let fold = TableFold::of_rows::<Balance>();
    let mut refold = refold_of(&fold, keys, purpose);
    take_in(&mut refold, events);
    refold
}

fn refold_of(fold: &TableFold, keys: &[PartitionKey], purpose: RefoldPurpose) -> Refold {
    let sample = KeySample::of(keys.iter().cloned().collect());
    Refold::new(fold, sample, purpose)
}

fn take_in(refold: &mut Refold, events: &[RecordedEvent]) {
    for event in events {
        refold.take_in(event).unwrap();
    }
}

fn compare(refold: &mut Refold, stored: &[Vec<Vec<Value>>]) -> RowsCheck {
    refold.compare(refold.row_keys(), stored)
}

fn left_out(refold: &Refold) -> HashMap<PartitionKey, LeftOut> {
    let left_out = refold.left_out();
    left_out
        .map(|(key, why)| (key.clone(), why.clone()))
        .collect()
}

/// A thousand accounts that give each other money, and what they hold in the end.
fn many_transfers() -> (Vec<RecordedEvent>, Vec<Vec<Value>>) {
    let mut held: HashMap<String, i64> = HashMap::new();
    let transfers = (1..=5_000_u64).map(|position| {
        let (from, to) = (position * 7 % 1_000, position * 13 % 1_000);
        let (from, to) = (from.to_string(), to.to_string());
        *held.entry(to.clone()).or_default() += 3;
        if from != to {
            *held.entry(from.clone()).or_default() -= 3;
        } else {
            *held.entry(from.clone()).or_default() += 3;
        }
        transfer(position, &from, 3, &to)
    });
    let transfers = transfers.collect();
    let rows = held.iter().map(|(account, cents)| balance(account, *cents));
    (transfers, rows.collect())
}

#[test]
fn rows_of_drawn_keys_are_those_of_the_whole_fold_and_never_more_than_were_asked_for() {
    let (events, stored) = many_transfers();
    let fold = TableFold::of_rows::<Balance>();
    for seed in 0..5 {
        let sample = KeySample::of(BTreeSet::from([row("17")]));
        let sample = sample.and_draw(20, Uuid::from_u128(seed));
        let mut refold = Refold::new(&fold, sample, Comparison);
        for event in &events {
            refold.take_in(event).unwrap();
            assert!(refold.row_keys()[0].len() <= 21);
        }
        let check = compare(&mut refold, std::slice::from_ref(&stored));
        assert!(check.is_right(), "{check}");
        assert!(check.keys > 5 && check.rows == check.keys, "{check}");
        assert!(refold.row_keys()[0].contains(&vec![text("17")]));
    }
}

#[test]
fn another_seed_draws_other_keys() {
    let (events, _) = many_transfers();
    let fold = TableFold::of_rows::<Balance>();
    let drawn = |seed| {
        let sample = KeySample::of(BTreeSet::new()).and_draw(20, Uuid::from_u128(seed));
        let mut refold = Refold::new(&fold, sample, Comparison);
        take_in(&mut refold, &events);
        let keys: BTreeSet<String> = refold.row_keys()[0]
            .iter()
            .map(|key| key[0].to_string())
            .collect();
        keys
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn a_row_that_differs_or_is_missing_or_should_not_be_there_is_named() {
    let keys = ["a", "b", "c", "d"].map(row);
    let events = [deposit(1, "a", 5), deposit(2, "b", 5), deposit(3, "d", 5)];
    let mut refold = balances(&keys, Comparison, &events);
    let stored = [vec![balance("a", 6), balance("c", 1), balance("d", 5)]];
    let check = compare(&mut refold, &stored);
    assert_eq!((check.rows, check.drifted), (4, 3));
    let mut found: Vec<_> = check.examples.iter().map(ToString::to_string).collect();
    found.sort();
    let expected = [
        r#"balances ["a"] differs"#,
        r#"balances ["b"] is missing"#,
        r#"balances ["c"] should not be there"#,
    ];
    assert_eq!(found, expected);
    let of_a = check
        .examples
        .iter()
        .find(|it| it.key == [text("a")])
        .unwrap();
    assert_eq!(of_a.partitions, [row("a")]);
    assert_eq!(of_a.refolded, Some(balance("a", 5)));
    assert_eq!(of_a.stored, Some(balance("a", 6)));
}

#[test]
fn keys_with_dead_letters_are_left_out_of_a_comparison() {
    let poison = poisoned(2, "a");
    // It could not be decoded then, and told no key but its stream.
    let unreadable = deposit(3, "b", 1);
    let fold = TableFold::of_rows::<Balance>();
    let mut refold = refold_of(&fold, &["a", "b", "c"].map(row), Comparison);
    assert!(refold.knows(vec![
        parked(&poison, &[row("a")]),
        parked(&unreadable, &[stream("b")]),
    ]));
    take_in(
        &mut refold,
        &[deposit(1, "a", 5), poison, unreadable, deposit(4, "c", 1)],
    );
    let check = compare(&mut refold, &[vec![balance("c", 1)]]);
    assert!(check.is_right(), "{check}");
    assert_eq!((check.keys, check.with_dead_letters), (1, 2));
}

#[test]
fn a_letter_behind_what_was_taken_in_tells_that_all_is_to_be_begun_again() {
    let event = deposit(1, "a", 5);
    let mut refold = balances(&[row("a")], Comparison, std::slice::from_ref(&event));
    assert!(!refold.knows(vec![parked(&event, &[row("a")])]));
    let ahead = deposit(2, "a", 5);
    let mut refold = balances(&[row("a")], Comparison, &[event]);
    assert!(refold.knows(vec![parked(&ahead, &[row("a")])]));
    assert!(refold.knows(Vec::new()), "it was released");
}

#[test]
fn an_event_that_fails_without_a_letter_leaves_its_key_out() {
    let mut refold = balances(
        &["a", "b"].map(row),
        Comparison,
        &[poisoned(1, "a"), deposit(2, "b", 1)],
    );
    let check = compare(&mut refold, &[vec![balance("b", 1)]]);
    assert_eq!((check.keys, check.failed, check.drifted), (1, 1, 0));
}

#[test]
fn rows_that_depend_on_each_other_undeclared_are_left_out() {
    let fold = TableFold::of_tables::<Statement>();
    let mut refold = refold_of(&fold, &["a", "b", "c"].map(stream), Comparison);
    let events = [
        deposit(1, "b", 100),
        transfer(2, "a", 0, "b"),
        deposit(3, "a", 5),
        deposit(4, "c", 7),
    ];
    take_in(&mut refold, &events);
    let check = compare(&mut refold, &[vec![], vec![balance("c", 7)], vec![]]);
    assert_eq!(
        (check.keys, check.entangled, check.drifted),
        (1, 2, 0),
        "{check}"
    );
}

/// A balance for each account; a transfer belongs to both.
struct Declared;

impl TableProjection for Declared {
    type Event = AccountEvent;
    const NAME: &'static str = "declared";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<Balance>()]
    }

    fn partitions(event: &Recorded<AccountEvent>) -> Vec<PartitionKey> {
        let account = PartitionKey::of_stream(&event.record.stream);
        match &event.event {
            AccountEvent::Transferred { to, .. } => vec![account, stream(to)],
            _ => vec![account],
        }
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        use crate::projection::Projection;
        for key in Balance::keys(event) {
            let before = rows.get::<Balance>(&key)?;
            if let Some(row) = Balance::fold(before, &key, event) {
                rows.put(row);
            }
        }
        Ok(())
    }
}

#[test]
fn an_event_of_several_keys_counts_only_if_all_of_them_are_folded_again() {
    let fold = TableFold::of_tables::<Declared>();
    let events = [
        deposit(1, "a", 5),
        transfer(2, "a", 2, "b"),
        deposit(3, "c", 1),
        transfer(4, "c", 1, "d"),
    ];
    let mut refold = refold_of(&fold, &["a", "b", "c"].map(stream), Comparison);
    take_in(&mut refold, &events);
    let check = compare(&mut refold, &[vec![balance("a", 3), balance("b", 2)]]);
    assert!(check.is_right(), "{check}");
    assert_eq!((check.keys, check.rows), (2, 2));
    let entangled = HashMap::from([(stream("c"), LeftOut::Entangled(Position(4)))]);
    assert_eq!(left_out(&refold), entangled);
}

#[test]
fn what_is_left_out_takes_with_it_what_shared_its_rows() {
    let fold = TableFold::of_tables::<Declared>();
    let events = [
        transfer(1, "a", 2, "b"),
        transfer(2, "b", 1, "elsewhere"),
        deposit(3, "a", 5),
    ];
    let mut refold = refold_of(&fold, &["a", "b"].map(stream), Comparison);
    take_in(&mut refold, &events);
    let check = compare(&mut refold, &[vec![balance("a", 3), balance("b", 1)]]);
    assert_eq!((check.entangled, check.drifted), (2, 0), "{check}");
}

#[test]
fn what_is_dropped_from_the_sample_takes_with_it_what_shared_its_rows() {
    let fold = TableFold::of_tables::<Declared>();
    let sample = KeySample::of(BTreeSet::new()).and_draw(5, Uuid::from_u128(7));
    let mut refold = Refold::new(&fold, sample, Comparison);
    let mut stored = Vec::new();
    for pair in 0..200 {
        let (one, other) = (format!("{pair}"), format!("{pair}-other"));
        refold
            .take_in(&transfer(2 * pair + 1, &one, 1, &other))
            .unwrap();
        stored.extend([balance(&one, -1), balance(&other, 1)]);
    }
    let check = compare(&mut refold, &[stored]);
    assert!(check.is_right(), "{check}");
    assert!(check.keys + check.entangled <= 5, "{check}");
}

#[test]
fn what_is_parked_is_applied_to_rows_that_are_made_anew_and_what_was_skipped_is_not() {
    let (applied, given_up) = (deposit(2, "a", 10), deposit(3, "a", 100));
    let mut skipped = parked(&given_up, &[row("a")]);
    skipped.skipped = Some(Skipped {
        reason: "no".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
    });
    let fold = TableFold::of_rows::<Balance>();
    let mut refold = refold_of(&fold, &[row("a")], Replacement);
    assert!(refold.knows(vec![parked(&applied, &[stream("a")]), skipped]));
    take_in(&mut refold, &[deposit(1, "a", 1), applied, given_up]);
    let replacement = refold.replacement(EDITION);
    assert_eq!(replacement.at, Position(3));
    assert_eq!(replacement.unparked, [Position(2)]);
    assert_eq!(replacement.tables[0].put[0].values, balance("a", 11));
    assert_eq!(left_out(&refold), HashMap::new());
}

#[test]
fn a_parked_event_with_other_keys_or_that_still_fails_is_not_unparked() {
    let both = transfer(1, "a", 1, "b");
    let still_fails = poisoned(2, "c");
    let fold = TableFold::of_rows::<Balance>();
    let mut refold = refold_of(&fold, &["a", "c"].map(row), Replacement);
    assert!(refold.knows(vec![
        parked(&both, &["a", "b"].map(row)),
        parked(&still_fails, &[row("c")]),
    ]));
    take_in(&mut refold, &[both, still_fails]);
    let left_out = left_out(&refold);
    assert_eq!(left_out[&row("a")], LeftOut::Entangled(Position(1)));
    assert!(matches!(
        left_out[&row("c")],
        LeftOut::Failed(Position(2), _)
    ));
}

#[test]
fn a_row_that_is_no_more_is_deleted() {
    let events = [deposit(1, "a", 5), recorded(2, "a", &AccountEvent::Closed)];
    let refold = balances(&["a", "b"].map(row), Replacement, &events);
    let writes = &refold.replacement(EDITION).tables[0];
    let mut deleted: Vec<_> = writes
        .delete
        .iter()
        .map(|row| row.values[0].to_string())
        .collect();
    deleted.sort();
    assert_eq!(deleted, [r#""a""#, r#""b""#]);
    assert!(writes.put.is_empty());
}
