//! What the read models must be at a position, worked out from the bytes of the log alone.

use std::collections::{BTreeMap, BTreeSet};

use annals::{Position, ReadModel, RecordedEvent, Value};

use crate::bank::{Balance, StatementAccount, StatementLine};

/// The bank after some events.
#[derive(Default)]
pub(crate) struct Reckoning {
    balances: BTreeMap<String, i64>,
    lines: Vec<StatementLine>,
    /// The events that are parked.
    pub(crate) parked: Vec<Position>,
    waiting_streams: BTreeSet<String>,
    waiting_accounts: BTreeSet<String>,
}

/// What an event says, if it can be read.
struct Change {
    account: String,
    cents: i64,
    is_end: bool,
}

impl Reckoning {
    /// After all events up to a position.
    pub(crate) fn at(position: Position, log: &[RecordedEvent]) -> Self {
        let mut reckoning = Self::default();
        for event in log.iter().filter(|event| event.position <= position) {
            reckoning.take(event);
        }
        reckoning
    }

    /// The rows of each table of a projection, in no order.
    pub(crate) fn rows(&self, projection: &str) -> Vec<Vec<Vec<Value>>> {
        let balances = self.balances.iter();
        let balances = balances.map(|(account, cents)| (account.clone(), *cents));
        match projection {
            "balances" => {
                let row = |(account, cents)| Balance { account, cents }.to_values();
                vec![balances.map(row).collect()]
            }
            "statement" => {
                let row = |(account, cents)| StatementAccount { account, cents }.to_values();
                let lines = self.lines.iter().map(ReadModel::to_values);
                vec![balances.map(row).collect(), lines.collect()]
            }
            other => panic!("there is no projection named {other}"),
        }
    }

    fn take(&mut self, event: &RecordedEvent) {
        let own = event.stream.id();
        let Some(changes) = changes(event) else {
            // Nobody knows whom else it concerns.
            self.waiting_streams.insert(own.to_owned());
            return self.parked.push(event.position);
        };
        let waits = |change: &Change| self.waiting_accounts.contains(&change.account);
        if self.waiting_streams.contains(own) || changes.iter().any(waits) {
            let accounts = changes.into_iter().map(|change| change.account);
            self.waiting_accounts.extend(accounts);
            return self.parked.push(event.position);
        }
        for change in changes {
            self.make(change, event.position);
        }
    }

    fn make(&mut self, change: Change, at: Position) {
        let Change {
            account,
            cents,
            is_end,
        } = change;
        let before = self.balances.remove(&account).unwrap_or(0);
        let balance_after = if is_end { 0 } else { before + cents };
        if !is_end {
            self.balances.insert(account.clone(), balance_after);
        }
        self.lines.push(StatementLine {
            position: at.0,
            account,
            balance_after,
        });
    }
}

fn changes(event: &RecordedEvent) -> Option<Vec<Change>> {
    let data: serde_json::Value = serde_json::from_slice(&event.data).unwrap();
    let change = |account: &str, cents, is_end| Change {
        account: account.to_owned(),
        cents,
        is_end,
    };
    let own = event.stream.id();
    Some(match event.event_type.as_str() {
        "Closed" => vec![change(own, 0, true)],
        "Deposited" => vec![change(own, data.get("cents")?.as_i64()?, false)],
        "Transferred" => {
            let cents = data["cents"].as_i64()?;
            let to = data["to"].as_str()?;
            vec![change(own, -cents, false), change(to, cents, false)]
        }
        other => panic!("nothing is known of {other}"),
    })
}
