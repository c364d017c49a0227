//! Rows are found by what they became.

use annals_core::{Projection, Recorded, Selection};
use annals_macros::ReadModel;

use super::bank::{AccountEvent, deposit, transfer};
use super::subject::Subject;

/// Where an account sent money last, which is indexed, and what came in, which is not.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "last_payments", index(paid_to))]
struct LastPayment {
    #[key]
    account: String,
    paid_to: Option<String>,
    received: i64,
}

impl Projection for LastPayment {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let mut row = row.unwrap_or_else(|| Self {
            account: account.clone(),
            paid_to: None,
            received: 0,
        });
        match &event.event {
            AccountEvent::Deposited { cents } => row.received += cents,
            AccountEvent::Transferred { to, .. } => row.paid_to = Some(to.clone()),
            _ => {}
        }
        Some(row)
    }
}

pub(super) async fn an_index_finds_rows_by_what_they_became(subject: Subject) {
    let payments = subject.rows::<LastPayment>().await;
    let paid_to = |to: &str| Selection::<LastPayment>::new().equal("paid_to", &to.to_owned());
    let payment = |account: &str, to: &str, received| LastPayment {
        account: account.to_owned(),
        paid_to: Some(to.to_owned()),
        received,
    };
    let first = vec![transfer(1, "a", 1, "x"), transfer(2, "b", 1, "x")];
    payments.apply(0, first).await;

    // Of the one row, what is indexed changes; of the other one, only what is not.
    let second = vec![
        deposit(3, "a", 5),
        transfer(4, "b", 1, "y"),
        deposit(5, "b", 7),
    ];
    payments.apply(2, second).await;

    assert_eq!(subject.list(paid_to("x")).await, [payment("a", "x", 5)]);
    assert_eq!(subject.list(paid_to("y")).await, [payment("b", "y", 7)]);
}
