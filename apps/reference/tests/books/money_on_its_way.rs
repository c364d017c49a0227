//! Where all money is after each event, on an account or on its way between two: kept straight from the
//! stored bytes, in other code than the service's.

use std::collections::BTreeMap;

use annals::{EventStore, Position, Read, RecordedEvent, Source};
use serde_json::Value;

/// Where all money is, in hundredths.
#[derive(Default)]
pub(crate) struct Whereabouts {
    accounts: BTreeMap<String, i64>,
    transfers: BTreeMap<String, Transfer>,
    /// What clients have paid in, and not out.
    paid_in: i64,
}

/// One transfer, by what was told of it so far.
#[derive(Default)]
struct Transfer {
    amount: i64,
    to: String,
    is_withdrawn: bool,
    /// Where it was deposited: at the other account, or back where it came from.
    arrived_at: Option<String>,
    /// Its last event.
    ending: String,
}

impl Whereabouts {
    /// After all events up to a position. After each of them every payment was one that is due, and no
    /// money had appeared or disappeared.
    pub(crate) async fn read(store: &dyn EventStore, up_to: Position) -> Self {
        let mut money = Self::default();
        let read = Read::forwards(Source::all_after(Position::START));
        let mut events = store.read(read).await.unwrap();
        let mut position = Position::START;
        while position < up_to {
            let event = events.try_next().await.unwrap().unwrap();
            position = event.position;
            money.take(&event);
            assert_eq!(money.sum(), money.paid_in, "at {position}");
        }
        money
    }

    /// How many transfers ended like that; all have ended, and nothing is on its way.
    pub(crate) fn ended(&self, ending: &str) -> usize {
        for (id, transfer) in &self.transfers {
            assert_ne!(transfer.ending, "TransferRequested", "{id} has not ended");
            assert_eq!(transfer.on_its_way(), 0, "{id} is on its way");
        }
        let endings = self.transfers.values();
        endings.filter(|transfer| transfer.ending == ending).count()
    }

    fn sum(&self) -> i64 {
        let on_their_way = self.transfers.values().map(Transfer::on_its_way);
        self.accounts.values().sum::<i64>() + on_their_way.sum::<i64>()
    }

    fn take(&mut self, event: &RecordedEvent) {
        let (category, id) = (event.stream.category(), event.stream.id());
        match category {
            "BankAccount" => self.take_of_account(id, event),
            "Transfer" => {
                let transfer = self.transfers.entry(id.to_owned()).or_default();
                transfer.take(id, event);
            }
            _ => {}
        }
    }

    fn take_of_account(&mut self, account: &str, event: &RecordedEvent) {
        let sign = match event.event_type.as_str() {
            "MoneyDeposited" => 1,
            "MoneyWithdrawn" => -1,
            _ => return,
        };
        let payload: Value = serde_json::from_slice(&event.data).unwrap();
        let amount = minor(&payload);
        let balance = self.accounts.entry(account.to_owned()).or_default();
        *balance += sign * amount;
        assert!(*balance >= 0, "{account} is below zero");
        let Some(reference) = payload["reference"].as_str() else {
            self.paid_in += sign * amount;
            return;
        };
        let id = reference.strip_prefix("transfer/").unwrap();
        let transfer = self.transfers.get_mut(id).unwrap();
        assert_eq!(transfer.amount, amount, "a payment of {id}");
        match sign {
            1 => transfer.deposit(id, account),
            _ => transfer.withdraw(id),
        }
    }
}

impl Transfer {
    fn take(&mut self, id: &str, event: &RecordedEvent) {
        let payload: Value = serde_json::from_slice(&event.data).unwrap();
        let arrived_at = self.arrived_at.as_deref();
        match event.event_type.as_str() {
            "TransferRequested" => {
                self.amount = minor(&payload);
                self.to = payload["to"].as_str().unwrap().to_owned();
            }
            "TransferCompleted" => assert_eq!(arrived_at, Some(self.to.as_str()), "{id}"),
            "TransferRefunded" => {
                assert_ne!(arrived_at, Some(self.to.as_str()), "{id}");
                assert_eq!(self.on_its_way(), 0, "{id}");
            }
            other => panic!("a transfer has no {other}"),
        }
        event.event_type.as_str().clone_into(&mut self.ending);
    }

    fn withdraw(&mut self, id: &str) {
        assert!(!self.is_withdrawn, "{id} was withdrawn twice");
        self.is_withdrawn = true;
    }

    fn deposit(&mut self, id: &str, account: &str) {
        assert_ne!(self.on_its_way(), 0, "{id} was deposited, and is not there");
        self.arrived_at = Some(account.to_owned());
    }

    fn on_its_way(&self) -> i64 {
        match self.is_withdrawn && self.arrived_at.is_none() {
            true => self.amount,
            false => 0,
        }
    }
}

fn minor(payload: &Value) -> i64 {
    let value = payload["amount"]["value"].as_str().unwrap();
    value.replace('.', "").parse().unwrap()
}
