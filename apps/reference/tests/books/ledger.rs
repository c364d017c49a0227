//! The bank's books kept a second time, straight from the stored bytes and in other code than the
//! service's: what its read models must agree with.

use std::collections::BTreeMap;

use annals::{EventStore, Position, Read, RecordedEvent, Source};
use serde_json::Value;

use crate::tables::Tables;

/// What the events up to a position add up to.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) position: Position,
    pub(crate) accounts: BTreeMap<String, Account>,
}

/// One account.
#[derive(Default)]
pub(crate) struct Account {
    owner: String,
    currency: Option<String>,
    pub(crate) balance: i64,
    closed: bool,
    version: u64,
    pub(crate) payments: Vec<Payment>,
}

/// One deposit or withdrawal.
pub(crate) struct Payment {
    version: u64,
    pub(crate) kind: &'static str,
    amount: i64,
    balance_after: i64,
    day: String,
}

impl Ledger {
    /// Takes in all events up to a position, each exactly once and in order.
    pub(crate) async fn read_on(&mut self, store: &dyn EventStore, up_to: Position) {
        let read = Read::forwards(Source::all_after(self.position));
        let mut events = store.read(read).await.unwrap();
        while self.position < up_to {
            let event = events.try_next().await.unwrap().unwrap();
            assert_eq!(event.position, self.position.next());
            self.take(&event);
            self.position = event.position;
        }
    }

    fn take(&mut self, event: &RecordedEvent) {
        if event.stream.category() != "BankAccount" {
            return;
        }
        let payload: Value = serde_json::from_slice(&event.data).unwrap();
        let account = self.accounts.entry(event.stream.id().to_owned());
        let account = account.or_default();
        account.version += 1;
        assert_eq!(account.version, event.version.0);
        match event.event_type.as_str() {
            "AccountOpened" => account.owner = payload["ownerId"].as_str().unwrap().to_owned(),
            "AccountClosed" => account.closed = true,
            "MoneyDeposited" => account.pay("deposit", &payload, 1),
            "MoneyWithdrawn" => account.pay("withdrawal", &payload, -1),
            "PaymentSettled" => {}
            other => panic!("an account has no {other}"),
        }
    }

    /// The rows a read model must hold, as texts.
    pub(crate) fn rows(&self, read_model: &str) -> Vec<String> {
        let rows: Vec<String> = match read_model {
            "account_balances" => self.each(Account::balance_row),
            "transaction_history" => self.each(Account::payment_rows),
            "daily_summaries" => self.each(Account::daily_rows),
            "account_summary" => self.summary_rows(),
            other => panic!("there is no read model {other}"),
        };
        rows
    }

    fn each<R: IntoIterator<Item = String>>(
        &self,
        rows: impl Fn(&Account, &str) -> R,
    ) -> Vec<String> {
        let accounts = self.accounts.iter();
        accounts
            .flat_map(|(id, account)| rows(account, id))
            .collect()
    }

    fn summary_rows(&self) -> Vec<String> {
        let mut currencies = BTreeMap::<&str, (u64, u64, i64)>::new();
        for account in self.accounts.values() {
            let currency = account.currency.as_deref().unwrap_or("USD");
            let (active, closed, total) = currencies.entry(currency).or_default();
            *active += u64::from(!account.closed);
            *closed += u64::from(account.closed);
            *total += account.balance;
        }
        currencies
            .into_iter()
            .map(|(currency, (active, closed, total))| {
                format!("{currency} {active} {closed} {total}")
            })
            .collect()
    }
}

impl Account {
    fn pay(&mut self, kind: &'static str, payload: &Value, sign: i64) {
        let value = payload["amount"]["value"].as_str().unwrap();
        let amount: i64 = value.replace('.', "").parse().unwrap();
        self.currency = Some(payload["amount"]["currency"].as_str().unwrap().to_owned());
        self.balance += sign * amount;
        assert!(self.balance >= 0, "an account is below zero");
        self.payments.push(Payment {
            version: self.version,
            kind,
            amount,
            balance_after: self.balance,
            day: payload["timestamp"].as_str().unwrap()[..10].to_owned(),
        });
    }

    fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or("-")
    }

    fn balance_row(&self, id: &str) -> [String; 1] {
        let (owner, currency, balance, version) =
            (&self.owner, self.currency(), self.balance, self.version);
        let status = if self.closed { "closed" } else { "active" };
        [format!(
            "{id} {owner} {status} {currency} {balance} {version}"
        )]
    }

    fn payment_rows(&self, id: &str) -> Vec<String> {
        let row = |payment: &Payment| {
            let Payment {
                version,
                kind,
                amount,
                balance_after,
                ..
            } = payment;
            let currency = self.currency();
            format!("{id} {version} {kind} {amount} {currency} {balance_after}")
        };
        self.payments.iter().map(row).collect()
    }

    fn daily_rows(&self, id: &str) -> Vec<String> {
        let mut days = BTreeMap::<&str, [i64; 4]>::new();
        for payment in &self.payments {
            let [deposits, deposited, withdrawals, withdrawn] =
                days.entry(&payment.day).or_default();
            let (count, sum) = match payment.kind {
                "deposit" => (deposits, deposited),
                _ => (withdrawals, withdrawn),
            };
            *count += 1;
            *sum += payment.amount;
        }
        let currency = self.currency();
        days.into_iter()
            .map(|(day, [deposits, deposited, withdrawals, withdrawn])| {
                format!("{id} {day} {currency} {deposits} {deposited} {withdrawals} {withdrawn}")
            })
            .collect()
    }
}

/// Asserts that a read model holds what the events up to its checkpoint add up to.
pub(crate) async fn assert_agrees(store: &dyn EventStore, tables: &Tables, name: &str) -> Position {
    let (checkpoint, mut rows) = tables.read(name).await;
    let mut ledger = Ledger::default();
    ledger.read_on(store, checkpoint).await;
    let mut expected = ledger.rows(name);
    rows.sort();
    expected.sort();
    assert_eq!(rows, expected, "{name} at {checkpoint}");
    checkpoint
}
