//! Where all money is, and how far each saga: kept straight from the log, in other code than the
//! service's.

use std::collections::BTreeMap;

use annals::{
    Answer, EventStore, Position, Read, RecordedEvent, SagaEvent, SagaInput, Source, events_of,
};
use serde_json::Value;

/// What the events so far add up to; money in hundredths.
#[derive(Default)]
pub(crate) struct Books {
    position: Position,
    put_in: i64,
    accounts: BTreeMap<String, i64>,
    /// By what they are for: `transfer/…` or `order/…`.
    payments: BTreeMap<String, Payment>,
    /// The last step of each saga that is under way, by what it is for.
    under_way: BTreeMap<String, String>,
}

/// What was taken from an account.
#[derive(Debug)]
pub(crate) struct Payment {
    amount: i64,
    /// At the other account, or back.
    has_arrived: bool,
    /// For good: nothing is pending any more.
    is_settled: bool,
}

impl Books {
    /// Takes in what was recorded since, in order, and looks after each event whether all money is
    /// there.
    pub(crate) async fn read_on(&mut self, store: &dyn EventStore) {
        let head = store.head().await.unwrap();
        let read = Read::forwards(Source::all_after(self.position));
        let mut events = store.read(read).await.unwrap();
        while self.position < head {
            let event = events.try_next().await.unwrap().unwrap();
            assert_eq!(event.position, self.position.next());
            self.position = event.position;
            self.take(&event);
            self.assert_conserved();
        }
    }

    /// Sagas that have not ended, and the last step of each: the part of `a-b` in `transfer/a-b` before
    /// the first `-` is its kind.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.under_way.iter();
        all.map(|(saga, step)| (saga.as_str(), step.as_str()))
    }

    /// How many orders were paid for. All sagas are over, and nothing is pending.
    pub(crate) fn paid_orders(&self) -> u64 {
        assert_eq!(self.under_way, BTreeMap::new());
        let payments = self.payments.iter();
        let kept = payments.filter(|(reference, payment)| {
            assert!(payment.is_settled || payment.has_arrived, "{reference}");
            !payment.has_arrived
        });
        let orders = kept.inspect(|(reference, _)| assert!(reference.starts_with("order/")));
        orders.count().try_into().unwrap()
    }

    fn take(&mut self, event: &RecordedEvent) {
        let id = event.stream.id();
        match event.stream.category() {
            "BankAccount" => self.take_payment(id, event),
            "Transfer" if event.event_type.as_str() == "TransferRequested" => {
                self.asked(format!("transfer/{id}"));
            }
            "Order" if event.event_type.as_str() == "PaymentRequested" => {
                self.asked(format!("order/{id}"));
            }
            "Saga:transfer" => self.take_step(&format!("transfer/{id}"), event),
            "Saga:checkout" => self.take_step(&format!("order/{id}"), event),
            _ => {}
        }
    }

    fn asked(&mut self, what: String) {
        self.under_way.insert(what, "asked".to_owned());
    }

    fn take_step(&mut self, what: &str, event: &RecordedEvent) {
        for event in events_of::<SagaEvent>(event).unwrap() {
            let instance = event.instance().unwrap();
            if instance.has_ended() {
                self.under_way.remove(what);
            } else {
                self.under_way.insert(what.to_owned(), step(event.input()));
            }
        }
    }

    fn take_payment(&mut self, account: &str, event: &RecordedEvent) {
        let payload: Value = serde_json::from_slice(&event.data).unwrap();
        let reference = payload["reference"].as_str();
        match (event.event_type.as_str(), reference) {
            ("MoneyDeposited", None) => {
                self.put_in += minor(&payload);
                self.move_to(account, minor(&payload));
            }
            ("MoneyDeposited", Some(reference)) => {
                let payment = self.payments.get_mut(reference).unwrap();
                assert_eq!(payment.amount, minor(&payload), "{reference}");
                assert!(!payment.has_arrived, "{reference} was paid out twice");
                payment.has_arrived = true;
                self.move_to(account, minor(&payload));
            }
            ("MoneyWithdrawn", Some(reference)) => {
                let amount = minor(&payload);
                let payment = Payment {
                    amount,
                    has_arrived: false,
                    is_settled: false,
                };
                let before = self.payments.insert(reference.to_owned(), payment);
                assert!(before.is_none(), "{reference} was charged twice");
                self.move_to(account, -amount);
            }
            ("PaymentSettled", Some(reference)) => {
                let payment = self.payments.get_mut(reference).unwrap();
                assert!(!payment.is_settled, "{reference} was settled twice");
                payment.is_settled = true;
            }
            _ => {}
        }
    }

    fn move_to(&mut self, account: &str, amount: i64) {
        let balance = self.accounts.entry(account.to_owned()).or_default();
        *balance += amount;
        assert!(*balance >= 0, "{account} is below zero");
    }

    fn assert_conserved(&self) {
        let taken = self.payments.values().filter(|it| !it.has_arrived);
        let taken: i64 = taken.map(|payment| payment.amount).sum();
        let there = self.accounts.values().sum::<i64>() + taken;
        assert_eq!(there, self.put_in, "money at {}", self.position);
    }
}

/// The name of a step of a saga, by what the saga was told.
fn step(input: &SagaInput) -> String {
    match input {
        SagaInput::Event { .. } => "begun".to_owned(),
        SagaInput::Answer { call, answer, .. } => match answer {
            Answer::Done(_) => format!("{call} done"),
            Answer::Refused(_) => format!("{call} refused"),
            Answer::GaveUp { .. } => format!("{call} given up"),
        },
        SagaInput::Failure { call, .. } => format!("{call} failed"),
        SagaInput::Timer { name, .. } => format!("{name} due"),
        SagaInput::Asked { by, .. } => format!("asked by {by}"),
    }
}

fn minor(payload: &Value) -> i64 {
    let value = payload["amount"]["value"].as_str().unwrap();
    value.replace('.', "").parse().unwrap()
}
