//! However events are cut into batches, the rows are the same.

use std::collections::HashMap;

use annals_core::{
    Progress, Projection, ReadModel as _, Recorded, RecordedEvent, Selection, TableFold, Timestamp,
    Value,
};
use annals_macros::ReadModel;
use serde_json::json;

use super::bank::{AccountEvent, Balance, recorded};
use super::subject::Subject;
use crate::conformance::Random;

/// How many histories are tried, each cut otherwise.
const HISTORIES: u64 = 24;

/// What became of an account, in columns of every kind.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "accounts")]
struct Account {
    #[key]
    name: String,
    cents: i64,
    partner: Option<String>,
    changed_at: Timestamp,
    details: serde_json::Value,
}

impl Projection for Account {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(row: Option<Self>, name: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let (cents, partner) = match &event.event {
            AccountEvent::Deposited { cents } => (*cents, None),
            AccountEvent::Transferred { cents, to } => (*cents, Some(to.clone())),
            _ => return None,
        };
        let before = row.map_or((0, json!(null)), |row| (row.cents, row.details));
        Some(Self {
            name: name.clone(),
            cents: before.0 + cents,
            partner,
            changed_at: event.record.recorded_at,
            // What is written depends on how exactly the row before was kept.
            details: json!({"was": before.1["is"].to_string(), "is": number(cents)}),
        })
    }
}

/// Numbers that databases write in more than one way.
fn number(which: i64) -> serde_json::Value {
    let numbers = [
        json!(0.1),
        json!(1),
        json!(1.0),
        json!(-0.0),
        json!(1e-7),
        json!(1e16),
        json!(-12_345_678_901_234_567.0),
        json!(1.5e300),
        json!(5e-324),
        json!(u64::MAX),
        json!(i64::MIN),
    ];
    let which = usize::try_from(which).expect("cents are positive");
    numbers[which % numbers.len()].clone()
}

/// The rows of events that are applied one by one, each after the row before was written and read.
#[derive(Default)]
struct OneByOne {
    rows: HashMap<Vec<Value>, Vec<Value>>,
}

impl OneByOne {
    fn apply(&mut self, event: &RecordedEvent) {
        let mut folding = TableFold::of_rows::<Account>().begin();
        let events = [event.clone()];
        while let Progress::Missing(rows) = folding.advance(&events).expect("it can be folded") {
            for (table, key) in rows {
                let row = self.rows.get(&key).cloned();
                folding.loaded(table, key, row);
            }
        }
        let (writes, _) = folding.finish();
        for row in writes.iter().flat_map(|writes| &writes.delete) {
            self.rows.remove(&row.values);
        }
        for row in writes.into_iter().flat_map(|writes| writes.put) {
            self.rows.insert(vec![row.values[0].clone()], row.values);
        }
    }

    fn rows(self) -> Vec<Account> {
        let rows = self.rows.into_values().map(Account::from_values);
        let mut rows: Vec<Account> = rows.map(|row| row.expect("it was written")).collect();
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        rows
    }
}

/// A history of three accounts that no other one touches.
fn history(seed: u64, after: u64) -> Vec<RecordedEvent> {
    let mut random = Random::seeded(seed);
    let events = random.below(40);
    let account = |random: &mut Random| format!("{seed:02}-{}", random.below(3));
    let mut event = |position| {
        let name = account(&mut random);
        let cents = i64::try_from(random.below(100)).expect("less than a hundred");
        let event = match random.below(7) {
            0..4 => AccountEvent::Deposited { cents },
            4..6 => AccountEvent::Transferred {
                cents,
                to: account(&mut random),
            },
            _ => AccountEvent::Closed,
        };
        let mut event = recorded(position, &name, &event);
        let nanoseconds = i128::from(position) * 123_456_789;
        event.recorded_at = Timestamp::from_nanosecond(nanoseconds).expect("not long after 1970");
        event
    };
    (after + 1..).take(events).map(&mut event).collect()
}

pub(super) async fn a_batch_equals_its_events_one_by_one(subject: Subject) {
    let accounts = subject.rows::<Account>().await;
    let mut after = 0;
    for seed in 0..HISTORIES {
        let events = history(seed, after);
        let most = 1 + Random::seeded(!seed).below(20);
        for batch in events.chunks(most) {
            accounts.apply(after, batch.to_vec()).await;
            after += u64::try_from(batch.len()).expect("a few");
        }
        let mut one_by_one = OneByOne::default();
        events.iter().for_each(|event| one_by_one.apply(event));
        let names = format!("{seed:02}-")..format!("{seed:02}.");
        let rows: Vec<Account> = subject.list(Selection::new().within("name", names)).await;
        assert_eq!(
            rows,
            one_by_one.rows(),
            "history {seed} in batches of {most}"
        );
    }
}
