//! What a column holds is read as it was written; what it cannot hold fails at its event.

use annals_core::limits::{INDEXED_BYTES, SEARCHED_BYTES};
use annals_core::{Projection, ReadModel, Recorded, Selection};
use annals_macros::ReadModel;
use serde_json::json;

use super::bank::{AccountEvent, Balance, deposit, failed_at, transfer};
use super::subject::Subject;
use crate::conformance::Random;

/// What was transferred last.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "transfers", index(json(details)))]
struct Transfer {
    #[key]
    account: String,
    number: u64,
    details: serde_json::Value,
}

impl Projection for Transfer {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let AccountEvent::Transferred { cents, to } = &event.event else {
            return None;
        };
        Some(Self {
            account: account.clone(),
            // Negative ones become greater than any number that a column can hold.
            number: cents.cast_unsigned(),
            details: json!({"to": [to, null, 1.5], "cents": *cents as f64}),
        })
    }
}

async fn transfers_with(subject: &Subject, details: serde_json::Value) -> Vec<Transfer> {
    let same = Selection::new().equal("details", &details);
    subject.list(same).await
}

pub(super) async fn json_is_read_as_it_was_written(subject: Subject) {
    let transfers = subject.rows::<Transfer>().await;
    let escaped = "\"quoted\" \\u0000 \n Ünïcødé 🦀";
    transfers.apply(0, vec![transfer(1, "a", 5, escaped)]).await;
    let details = json!({"to": [escaped, null, 1.5], "cents": 5});
    let found = transfers_with(&subject, details.clone()).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].details, details);
}

pub(super) async fn json_is_compared_by_what_it_means(subject: Subject) {
    let transfers = subject.rows::<Transfer>().await;
    transfers.apply(0, vec![transfer(1, "a", 5, "b")]).await;
    for cents in [json!(5), json!(5.0)] {
        let details = json!({"cents": cents, "to": ["b", null, 1.5]});
        assert_eq!(transfers_with(&subject, details).await.len(), 1);
    }
}

pub(super) async fn a_number_that_no_column_can_hold_fails_at_its_event(subject: Subject) {
    let transfers = subject.rows::<Transfer>().await;
    // Also when a later event makes another of it: the batch may have ended in between.
    let events = vec![
        transfer(1, "a", 5, "b"),
        transfer(2, "a", -1, "b"),
        transfer(3, "a", 5, "b"),
    ];
    let failure = transfers.refusal(0, events).await;
    let message = "event at position 2 cannot be applied: column number cannot hold TooLarge(18446744073709551615)";
    assert_eq!(failure.to_string(), message);
    assert_eq!(all::<Transfer>(&subject).await, []);
}

pub(super) async fn a_text_with_nul_fails_at_its_event(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let events = vec![deposit(1, "a", 5), transfer(2, "a", 5, "b\0c")];
    let failure = balances.refusal(0, events).await;
    assert_eq!(failed_at(&failure), 2);
    assert_eq!(all::<Balance>(&subject).await, []);
}

pub(super) async fn json_with_nul_fails_at_its_event(subject: Subject) {
    let transfers = subject.rows::<Transfer>().await;
    let events = vec![transfer(1, "a", 5, "b"), transfer(2, "c", 5, "b\\\0c")];
    let failure = transfers.refusal(0, events).await;
    assert_eq!(failed_at(&failure), 2);
    assert_eq!(all::<Transfer>(&subject).await, []);
}

async fn all<R: ReadModel>(subject: &Subject) -> Vec<R> {
    subject.list(Selection::new()).await
}

/// Texts of a length that no index compresses, of words that are all different.
fn text(bytes: usize) -> String {
    let mut random = Random::seeded(1);
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |place: usize| match place % 6 {
        5 => ' ',
        _ => char::from(letters[random.below(letters.len())]),
    };
    (0..bytes).map(letter).collect()
}

pub(super) async fn a_key_that_no_index_can_hold_fails_at_its_event(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let longest = text(INDEXED_BYTES - 8);
    balances.apply(0, vec![transfer(1, "a", 5, &longest)]).await;
    assert_eq!(subject.balance(&longest).await, Some(5));
    let failure = balances
        .refusal(1, vec![transfer(2, "a", 5, &(longest + "x"))])
        .await;
    assert_eq!(failed_at(&failure), 2);
}

/// What was written to an account: in short, and at length.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "letters", index(full_text(at_length)))]
struct Letter {
    #[key]
    account: String,
    #[index]
    in_short: String,
    at_length: Option<String>,
}

impl Projection for Letter {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let AccountEvent::Transferred { cents, to } = &event.event else {
            return None;
        };
        let (in_short, at_length) = match cents {
            0 => (to.clone(), None),
            _ => (String::new(), Some(to.clone())),
        };
        Some(Self {
            account: account.clone(),
            in_short,
            at_length,
        })
    }
}

pub(super) async fn a_text_that_no_index_can_hold_fails_at_its_event(subject: Subject) {
    let letters = subject.rows::<Letter>().await;
    let longest = text(INDEXED_BYTES - "a".len() - 2 * 8);
    letters.apply(0, vec![transfer(1, "a", 0, &longest)]).await;
    let found = subject.list(Selection::<Letter>::new().equal("in_short", &longest));
    assert_eq!(found.await.len(), 1);
    let failure = letters
        .refusal(1, vec![transfer(2, "a", 0, &(longest + "x"))])
        .await;
    let message = "event at position 2 cannot be applied: letters_by_in_short of a row of letters \
                   takes 2601 bytes, and 2600 fit";
    assert_eq!(failure.to_string(), message);
}

pub(super) async fn a_text_too_long_to_be_searched_fails_at_its_event(subject: Subject) {
    let letters = subject.rows::<Letter>().await;
    let longest = text(SEARCHED_BYTES);
    letters.apply(0, vec![transfer(1, "a", 1, &longest)]).await;
    let letter = subject.get::<Letter>(&"a".to_owned()).await;
    assert_eq!(
        letter.and_then(|letter| letter.at_length),
        Some(longest.clone())
    );
    let failure = letters
        .refusal(1, vec![transfer(2, "a", 1, &(longest + "x"))])
        .await;
    assert_eq!(failed_at(&failure), 2);
}
