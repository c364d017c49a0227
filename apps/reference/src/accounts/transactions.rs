//! The payments of an account, newest first.

use annals::http::{Answer, Cursor, Freshness, Page, PageRequest, Parameters, Problem};
use annals::{Selection, StreamVersion, Timestamp};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::AccountId;
use super::read_models::{Transaction, TransactionHistory, TransactionKind};
use super::reference::Reference;
use crate::bank::Bank;
use crate::money::Money;

/// A payment, as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionView {
    #[serde(rename = "type")]
    kind: TransactionKind,
    amount: Money,
    description: Option<String>,
    /// What it is part of, such as `transfer/<id>`.
    reference: Option<Reference>,
    balance_after: Money,
    timestamp: Timestamp,
    version: u64,
}

impl From<Transaction> for TransactionView {
    fn from(transaction: Transaction) -> Self {
        Self {
            kind: transaction.kind,
            amount: transaction.amount(),
            balance_after: transaction.balance_after(),
            description: transaction.description,
            reference: transaction.reference,
            timestamp: transaction.at,
            version: transaction.version.0,
        }
    }
}

/// The place of a payment in the history of its account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(StreamVersion);

impl Cursor for Place {
    const COLLECTION: &'static str = "transactions";
}

/// The payments of an account, newest first.
#[utoipa::path(
    get,
    path = "/accounts/{id}/transactions",
    tag = "queries",
    params(AccountId, PageRequest<Place>, Freshness),
    responses(
        (status = 200, body = Page<TransactionView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_transactions(
    State(bank): State<Bank>,
    Parameters((account_id, page, freshness)): Parameters<(
        AccountId,
        PageRequest<Place>,
        Freshness,
    )>,
) -> Result<Answer<Page<TransactionView>>, Problem> {
    let position = freshness
        .wait(bank.store(), bank.table_projection::<TransactionHistory>())
        .await?;
    bank.check_known(&account_id).await?;
    let mut selection = Selection::new()
        .equal("account_id", &account_id)
        .descending()
        .limit(page.rows_to_read());
    if let Some(Place(version)) = &page.after {
        selection = selection.after(&(account_id, *version));
    }
    let transactions = bank.table::<Transaction>().list(selection).await?;
    let views = transactions
        .into_iter()
        .map(TransactionView::from)
        .collect();
    let page = page.page(views, |view: &TransactionView| {
        Place(StreamVersion(view.version))
    });
    Ok(Answer::ok(page).position(position))
}
