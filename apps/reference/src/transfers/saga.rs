//! The saga of a transfer: withdraw, deposit, then tell both that it is done; refund what was withdrawn
//! when it cannot be deposited.

use std::sync::Arc;
use std::time::Duration;

use annals::{
    Aggregate, Builder, Clock, EffectStart, InstanceId, Recorded, Request, RetryPolicy, SagaStep,
    Stage, Steps,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::complete::CompleteTransfer;
use super::events::TransferEvent;
use super::ids::TransferId;
use super::refund::RefundTransfer;
use super::state::Transfer;
use crate::accounts::payments::{DepositFor, RefundFor, SettleFor, WithdrawFor};
use crate::accounts::{AccountError, AccountId};
use crate::bus::at_its_time;
use crate::money::Amount;

/// An account is always there, unless the store is not: what it does not answer is tried for almost an
/// hour before somebody is called.
const PATIENT: RetryPolicy = RetryPolicy {
    attempts: 21,
    first: Duration::from_millis(500),
    most: Duration::from_secs(5 * 60),
};

/// A transfer that was not begun by then is not what was asked for any more.
const BEGINS_WITHIN: Duration = Duration::from_secs(24 * 3_600);

/// The saga of one transfer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MoneyTransfer {
    transfer: TransferId,
    from: AccountId,
    to: AccountId,
    amount: Amount,
    description: Option<String>,
    is_withdrawn: bool,
}

impl Steps for MoneyTransfer {
    const NAME: &'static str = "transfer";
    const CATEGORIES: &'static [&'static str] = &[Transfer::CATEGORY];
    const START: EffectStart = EffectStart::Beginning;
    type Event = TransferEvent;

    fn begin(event: &Recorded<TransferEvent>) -> Option<(InstanceId, Self)> {
        let TransferEvent::Requested {
            transfer_id,
            from,
            to,
            amount,
            description,
            ..
        } = event.event.clone()
        else {
            return None;
        };
        let instance = InstanceId::new(transfer_id.as_str()).ok();
        let Some((instance, amount)) = instance.zip(Amount::new(amount).ok()) else {
            let position = event.record.position.0;
            tracing::error!(position, "a transfer that is asked for cannot be read");
            return None;
        };
        let begun = Self {
            transfer: transfer_id,
            from,
            to,
            amount,
            description,
            is_withdrawn: false,
        };
        Some((instance, begun))
    }

    fn stages() -> Vec<Stage<Self>> {
        let withdraw = SagaStep::noting("withdraw", Self::withdraw, Self::note_withdrawn);
        let withdraw = withdraw.undone_by(Self::refund);
        let withdraw = withdraw.retried(PATIENT).undoing_retried(PATIENT);
        let deposit = SagaStep::new("deposit", Self::deposit).retried(PATIENT);
        let settle = SagaStep::new("settle", Self::settle).retried(PATIENT);
        let complete = SagaStep::new("complete", Self::complete).retried(PATIENT);
        vec![
            Stage::of(withdraw),
            Stage::of(deposit).pivot(),
            Stage::all([settle, complete]),
        ]
    }

    fn timeout(&self) -> Option<Duration> {
        Some(BEGINS_WITHIN)
    }

    fn once_undone(&self, reason: &Value) -> Option<Request> {
        Some(Request::of(&RefundTransfer {
            transfer: self.transfer.clone(),
            reason: self.told(reason),
        }))
    }
}

impl MoneyTransfer {
    fn withdraw(&self) -> WithdrawFor {
        WithdrawFor {
            account: self.from.clone(),
            reference: self.transfer.reference(),
            amount: self.amount,
            description: self.description.clone(),
        }
    }

    fn note_withdrawn(&mut self, (): ()) {
        self.is_withdrawn = true;
    }

    fn refund(&self) -> RefundFor {
        RefundFor {
            account: self.from.clone(),
            reference: self.transfer.reference(),
            reason: format!("transfer {} came to nothing", self.transfer),
        }
    }

    fn deposit(&self) -> DepositFor {
        DepositFor {
            account: self.to.clone(),
            reference: self.transfer.reference(),
            amount: self.amount,
            description: self.description.clone(),
        }
    }

    fn settle(&self) -> SettleFor {
        SettleFor {
            account: self.from.clone(),
            reference: self.transfer.reference(),
        }
    }

    fn complete(&self) -> CompleteTransfer {
        CompleteTransfer {
            transfer: self.transfer.clone(),
        }
    }

    /// Why it came to nothing, for people: an account refused, it took too long, or somebody said so.
    fn told(&self, reason: &Value) -> String {
        let Ok(refusal) = AccountError::deserialize(reason) else {
            return reason.as_str().map_or(reason.to_string(), str::to_owned);
        };
        let refuses = if self.is_withdrawn {
            &self.to
        } else {
            &self.from
        };
        format!("account {refuses}: {}", refusal.for_others())
    }
}

/// Declares that transfers end when the saga asks for it, at the time that a clock tells.
pub fn carried_out_by(clock: &Arc<dyn Clock>, service: Builder) -> Builder {
    service
        .command_to::<CompleteTransfer, Transfer>(
            at_its_time(clock, CompleteTransfer::address),
            |_| (),
        )
        .command_to::<RefundTransfer, Transfer>(at_its_time(clock, RefundTransfer::address), |_| ())
}
