//! The transfer that remembers how it stands.

use annals::{Aggregate, ColumnKind, ColumnValue, Timestamp, Value, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::complete::Complete;
use super::error::TransferError;
use super::events::TransferEvent;
use super::refund::Refund;
use super::request::Request;

/// A transfer, as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transfer {
    /// How it stands; nothing before it was asked for.
    pub status: Option<TransferStatus>,
}

/// How a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransferStatus {
    /// It was asked for, and has not ended.
    Requested,
    /// The money has arrived.
    Completed,
    /// The money is where it was.
    Refunded,
}

/// What a transfer can be asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferCommand {
    /// Begin.
    Request(Request),
    /// End well.
    Complete(Complete),
    /// End with nothing done.
    Refund(Refund),
}

#[snapshot]
impl Aggregate for Transfer {
    const CATEGORY: &'static str = "Transfer";
    type Command = TransferCommand;
    type Event = TransferEvent;
    type Error = TransferError;

    fn decide(&self, command: TransferCommand) -> Result<Vec<TransferEvent>, TransferError> {
        match command {
            TransferCommand::Request(request) => request.decide(self),
            TransferCommand::Complete(complete) => complete.decide(self),
            TransferCommand::Refund(refund) => refund.decide(self),
        }
    }

    fn evolve(&mut self, event: &TransferEvent) {
        self.status = Some(match event {
            TransferEvent::Requested { .. } => TransferStatus::Requested,
            TransferEvent::Completed { .. } => TransferStatus::Completed,
            TransferEvent::Refunded { .. } => TransferStatus::Refunded,
        });
    }

    fn happens_at(command: &TransferCommand) -> Option<Timestamp> {
        Some(match command {
            TransferCommand::Request(request) => request.at,
            TransferCommand::Complete(complete) => complete.at,
            TransferCommand::Refund(refund) => refund.at,
        })
    }
}

impl TransferStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Completed => "completed",
            Self::Refunded => "refunded",
        }
    }
}

/// Reads the word for it.
impl std::str::FromStr for TransferStatus {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "requested" => Ok(Self::Requested),
            "completed" => Ok(Self::Completed),
            "refunded" => Ok(Self::Refunded),
            _ => Err("must be requested, completed or refunded"),
        }
    }
}

impl ColumnValue for TransferStatus {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.word().to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}
