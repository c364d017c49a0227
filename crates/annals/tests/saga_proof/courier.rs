//! A receiver outside of the store: a courier, who keeps what it carries and the keys of what it was
//! asked in a table of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use annals::Command;
use annals::runtime::{CommandContext, CommandFault, CommandHandler};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::shop::Refusal;

/// Carries the goods of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Carry {
    pub(crate) order: String,
}

/// Brings them back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BringBack {
    pub(crate) order: String,
}

impl Command for Carry {
    const NAME: &'static str = "carry";
    type Reply = u64;
    type Refusal = Refusal;
}

impl Command for BringBack {
    const NAME: &'static str = "bring back";
    type Reply = u64;
    type Refusal = Refusal;
}

/// How often something was done and undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) done: u64,
    pub(crate) undone: u64,
}

/// Clones are the same courier.
#[derive(Clone, Default)]
pub(crate) struct Courier(Arc<Mutex<Ledger>>);

#[derive(Default)]
struct Ledger {
    answers: BTreeMap<String, u64>,
    carried: BTreeMap<String, Times>,
}

impl Courier {
    pub(crate) fn carried(&self, order: &str) -> Times {
        let ledger = self.0.lock().unwrap();
        ledger.carried.get(order).copied().unwrap_or_default()
    }

    /// Answers as before what it was asked before.
    fn once(&self, context: &CommandContext, order: &str, what: impl FnOnce(&mut Times)) -> u64 {
        let mut ledger = self.0.lock().unwrap();
        let key = context.idempotency.as_ref().map(|key| key.key.clone());
        if let Some(answer) = key.as_ref().and_then(|key| ledger.answers.get(key)) {
            return *answer;
        }
        what(ledger.carried.entry(order.to_owned()).or_default());
        let answer = ledger.answers.len() as u64;
        if let Some(key) = key {
            ledger.answers.insert(key, answer);
        }
        answer
    }
}

#[async_trait]
impl CommandHandler<Carry> for Courier {
    async fn handle(
        &self,
        command: Carry,
        context: CommandContext,
    ) -> Result<u64, CommandFault<Refusal>> {
        Ok(self.once(&context, &command.order, |times| times.done += 1))
    }
}

#[async_trait]
impl CommandHandler<BringBack> for Courier {
    async fn handle(
        &self,
        command: BringBack,
        context: CommandContext,
    ) -> Result<u64, CommandFault<Refusal>> {
        Ok(self.once(&context, &command.order, |times| times.undone += 1))
    }
}
