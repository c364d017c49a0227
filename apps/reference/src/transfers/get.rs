//! One transfer, as it stands.

use annals::Timestamp;
use annals::http::{Answer, Freshness, Parameters, Problem};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::ids::TransferId;
use super::read_model::TransferRow;
use super::state::TransferStatus;
use crate::accounts::AccountId;
use crate::bank::Bank;
use crate::money::Money;

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferView {
    transfer_id: TransferId,
    from: AccountId,
    to: AccountId,
    amount: Money,
    description: Option<String>,
    status: TransferStatus,
    /// Why it was refunded.
    reason: Option<String>,
    requested_at: Timestamp,
    /// When it was completed or refunded.
    ended_at: Option<Timestamp>,
    version: u64,
}

impl From<TransferRow> for TransferView {
    fn from(row: TransferRow) -> Self {
        Self {
            amount: row.amount(),
            transfer_id: row.transfer_id,
            from: row.from_account,
            to: row.to_account,
            description: row.description,
            status: row.status,
            reason: row.reason,
            requested_at: row.requested_at,
            ended_at: row.ended_at,
            version: row.version.0,
        }
    }
}

impl TransferView {
    /// Which transfer.
    pub(super) fn id(&self) -> &TransferId {
        &self.transfer_id
    }
}

/// One transfer.
#[utoipa::path(
    get,
    path = "/transfers/{id}",
    tag = "queries",
    params(TransferId, Freshness),
    responses(
        (status = 200, body = TransferView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn get_transfer(
    State(bank): State<Bank>,
    Parameters((transfer_id, freshness)): Parameters<(TransferId, Freshness)>,
) -> Result<Answer<TransferView>, Problem> {
    let projection = bank.projection::<TransferRow>();
    let position = freshness.wait(bank.store(), projection).await?;
    let row = bank.table::<TransferRow>().get(&transfer_id).await?;
    let missing = || Problem::not_found(format!("there is no transfer {transfer_id}"));
    let row = row.ok_or_else(missing)?;
    let version = row.version;
    let answer = Answer::ok(TransferView::from(row));
    Ok(answer.version(version).position(position))
}
