//! Asking for a transfer.

use std::str::FromStr;

use annals::Timestamp;
use annals::http::{Answer, Command, Faults, Fields, FromFields, Problem, text};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::TransferError;
use super::events::TransferEvent;
use super::ids::TransferId;
use super::state::{Transfer, TransferCommand, TransferStatus};
use crate::accounts::{AccountId, note};
use crate::bank::Bank;
use crate::money::Amount;

/// Begin a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which transfer.
    pub transfer_id: TransferId,
    /// From which account.
    pub from: AccountId,
    /// To which account.
    pub to: AccountId,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub description: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Request {
    /// What accounts have to say to it turns out later.
    pub(super) fn decide(self, transfer: &Transfer) -> Result<Vec<TransferEvent>, TransferError> {
        let transfer_id = self.transfer_id;
        if transfer.status.is_some() {
            return Err(TransferError::AlreadyRequested { transfer_id });
        }
        Ok(vec![TransferEvent::Requested {
            transfer_id,
            from: self.from,
            to: self.to,
            amount: self.amount.money(),
            description: self.description,
            requested_at: self.at,
        }])
    }
}

/// A transfer, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Wish {
    /// Which transfer; a new id when it is missing.
    transfer_id: Option<TransferId>,
    /// From which account.
    from: AccountId,
    /// To which account: another one.
    to: AccountId,
    /// How much.
    amount: Amount,
    /// What for; at most 500 characters.
    description: Option<String>,
}

impl FromFields for Wish {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let transfer_id = fields.optional("transferId", text(TransferId::from_str));
        let from = fields.required("from", text(AccountId::from_str));
        let to = fields.required("to", text(AccountId::from_str));
        let amount = fields.required("amount", Amount::read);
        let description = fields.optional("description", text(note));
        if from.is_some() && from == to {
            fields.fault("to", "must be another account");
            return None;
        }
        Some(Self {
            transfer_id,
            from: from?,
            to: to?,
            amount: amount?,
            description,
        })
    }
}

impl Wish {
    /// Checks what can be known at once, so that nobody has to wait for it.
    async fn check_accounts(&self, bank: &Bank) -> Result<(), Problem> {
        let mut faults = Faults::default();
        for (field, account) in [("from", &self.from), ("to", &self.to)] {
            if !bank.is_known(account).await? {
                faults.add(field, format!("there is no account {account}"));
            }
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Problem::invalid(faults)),
        }
    }
}

/// What a request led to: the transfer goes on by itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Requested {
    transfer_id: TransferId,
    status: TransferStatus,
    version: u64,
}

/// Ask for money to be brought from one account to another. Where that cannot be, it is given back.
#[utoipa::path(
    post,
    path = "/transfers",
    tag = "commands",
    params(Command<Wish>),
    request_body = Wish,
    responses(
        (status = 202, body = Requested),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn request_transfer(
    State(bank): State<Bank>,
    Command {
        request: wish,
        context,
    }: Command<Wish>,
) -> Result<Answer<Requested>, Problem> {
    wish.check_accounts(&bank).await?;
    let new_id = || bank.new_transfer_id(&context);
    let transfer_id = wish.transfer_id.unwrap_or_else(new_id);
    let request = TransferCommand::Request(Request {
        transfer_id: transfer_id.clone(),
        from: wish.from,
        to: wish.to,
        amount: wish.amount,
        description: wish.description,
        at: bank.now(),
    });
    let executed = bank
        .execute_for_transfer(&transfer_id, request, context)
        .await?;
    let location = format!("/transfers/{transfer_id}");
    let requested = Requested {
        transfer_id,
        status: TransferStatus::Requested,
        version: executed.version.0,
    };
    let answer = Answer::accepted(&location, requested);
    Ok(answer.version(executed.version).position(executed.position))
}
