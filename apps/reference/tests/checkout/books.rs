//! Where all money is, kept a second time, straight from the stored bytes and in other code than the
//! service's.

use std::collections::BTreeMap;

use annals::{EventStore, Position, Read, ReadError, RecordedEvent, Source};
use serde_json::Value;

/// What the events up to a position add up to, in hundredths.
#[derive(Default)]
pub(crate) struct Books {
    position: Position,
    /// What came from outside.
    put_in: i64,
    accounts: BTreeMap<String, i64>,
    /// Taken for something, by what for.
    pub(crate) pending: BTreeMap<String, i64>,
    /// Taken for good, by what for.
    pub(crate) earned: BTreeMap<String, i64>,
    /// What each order asks for of each product.
    asked: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was paid, by order.
    pub(crate) paid: BTreeMap<String, i64>,
}

impl Books {
    /// Takes in all events up to a position, each exactly once and in order, and looks after each of
    /// them whether all money is there. After an error it goes on where it was.
    pub(crate) async fn read_on(&mut self, store: &dyn EventStore) -> Result<(), ReadError> {
        let up_to = store.head().await?;
        let read = Read::forwards(Source::all_after(self.position));
        let mut events = store.read(read).await?;
        while self.position < up_to {
            let event = events.try_next().await?.unwrap();
            assert_eq!(event.position, self.position.next());
            self.position = event.position;
            match event.stream.category() {
                "BankAccount" => self.take_payment(&event),
                "Order" => self.take_order(&event),
                _ => {}
            }
        }
        Ok(())
    }

    /// How many of each product were ordered by those who paid.
    pub(crate) fn sold(&self) -> BTreeMap<String, u64> {
        let mut sold = BTreeMap::new();
        for (product, quantity) in self.paid.keys().flat_map(|order| &self.asked[order]) {
            *sold.entry(product.clone()).or_default() += quantity;
        }
        sold
    }

    fn take_payment(&mut self, event: &RecordedEvent) {
        let payload: Value = serde_json::from_slice(&event.data).unwrap();
        let account = self.accounts.entry(event.stream.id().to_owned());
        let account = account.or_default();
        let reference = || payload["reference"].as_str().unwrap().to_owned();
        match event.event_type.as_str() {
            "MoneyDeposited" => {
                let amount = minor(&payload["amount"]);
                *account += amount;
                match payload["reference"].as_str() {
                    Some(reference) => assert_eq!(self.pending.remove(reference), Some(amount)),
                    None => self.put_in += amount,
                }
            }
            "MoneyWithdrawn" => {
                let amount = minor(&payload["amount"]);
                *account -= amount;
                assert!(*account >= 0, "{} is below zero", event.stream);
                let before = self.pending.insert(reference(), amount);
                assert_eq!(before, None, "{} was taken twice", reference());
            }
            "PaymentSettled" => {
                let amount = self.pending.remove(&reference()).unwrap();
                self.earned.insert(reference(), amount);
            }
            _ => {}
        }
        self.assert_conserved();
    }

    fn take_order(&mut self, event: &RecordedEvent) {
        let payload: Value = serde_json::from_slice(&event.data).unwrap();
        let order = event.stream.id().to_owned();
        match event.event_type.as_str() {
            "PaymentRequested" => {
                let lines = payload["lines"].as_array().unwrap().iter();
                let lines = lines.map(|line| {
                    let product = line["productId"].as_str().unwrap().to_owned();
                    (product, line["quantity"].as_u64().unwrap())
                });
                self.asked.insert(order, lines.collect());
            }
            "OrderPaid" => {
                let total = minor(&payload["total"]);
                let taken = self.pending.get(&format!("order/{order}"));
                assert_eq!(taken, Some(&total), "{order} is paid by nobody");
                self.paid.insert(order, total);
            }
            _ => {}
        }
    }

    fn assert_conserved(&self) {
        let all = [&self.accounts, &self.pending, &self.earned];
        let there: i64 = all.into_iter().flat_map(BTreeMap::values).sum();
        assert_eq!(there, self.put_in, "money at {}", self.position);
    }
}

fn minor(money: &Value) -> i64 {
    let value = money["value"].as_str().unwrap();
    value.replace('.', "").parse().unwrap()
}
