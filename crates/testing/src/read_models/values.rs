//! What a column holds is read as it was written; what it cannot hold fails at its event.

use annals_core::{Projection, ReadModel, Recorded, Selection};
use annals_macros::ReadModel;
use serde_json::json;

use super::bank::{AccountEvent, Balance, deposit, failed_at, transfer};
use super::subject::Subject;

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
