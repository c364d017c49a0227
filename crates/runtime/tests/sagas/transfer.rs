//! The saga of these tests: takes money from one account and brings it to another.

use std::time::Duration;

use annals_core::payload::{self, Payload};
use annals_core::{
    EncodeError, Event, EventSchema, InstanceId, Recorded, RetryPolicy, SagaStep, Stage, Steps,
};
use serde::{Deserialize, Serialize};

use crate::bank::{Deposit, Refund, Withdraw};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TransferRequested {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) cents: i64,
}

impl Event for TransferRequested {
    const SCHEMAS: &'static [EventSchema] =
        &[EventSchema::new("TransferRequested", "TransferRequested")];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(serde_json::to_vec(self)?)
    }

    fn decode(_: &EventSchema, _: u32, payload: Payload<'_>) -> Result<Self, serde_json::Error> {
        payload::read_fields(payload)
    }
}

/// Three attempts, one soon after the other.
const RETRY: RetryPolicy = RetryPolicy {
    attempts: 3,
    first: Duration::from_secs(2),
    most: Duration::from_secs(2),
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Transfer {
    id: String,
    asked: TransferRequested,
}

impl Transfer {
    fn withdraw(&self) -> Withdraw {
        Withdraw {
            account: self.asked.from.clone(),
            reference: self.id.clone(),
            cents: self.asked.cents,
        }
    }

    fn refund(&self) -> Refund {
        Refund {
            account: self.asked.from.clone(),
            reference: self.id.clone(),
        }
    }

    fn deposit(&self) -> Deposit {
        Deposit {
            account: self.asked.to.clone(),
            cents: self.asked.cents,
        }
    }
}

impl Steps for Transfer {
    const NAME: &'static str = "transfer";
    const CATEGORIES: &'static [&'static str] = &["Transfer"];
    type Event = TransferRequested;

    fn begin(event: &Recorded<TransferRequested>) -> Option<(InstanceId, Self)> {
        let id = event.record.stream.id();
        let transfer = Self {
            id: id.to_owned(),
            asked: event.event.clone(),
        };
        Some((InstanceId::new(id).ok()?, transfer))
    }

    fn timeout(&self) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }

    fn stages() -> Vec<Stage<Self>> {
        let withdraw = SagaStep::new("withdraw", Self::withdraw).undone_by(Self::refund);
        let withdraw = withdraw.even_if_unknown();
        let withdraw = withdraw.retried(RETRY).undoing_retried(RETRY);
        let deposit = SagaStep::new("deposit", Self::deposit).retried(RETRY);
        vec![Stage::of(withdraw), Stage::of(deposit).pivot()]
    }
}
