//! Transfers from or to an account, or all of them.

use std::str::FromStr;

use annals::http::{
    Answer, Cursor, Fields, Freshness, FromFields, Page, PageRequest, Parameters, Problem,
};
use annals::{QueryError, Selection};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::get::TransferView;
use super::ids::TransferId;
use super::read_model::TransferRow;
use super::state::TransferStatus;
use crate::accounts::AccountId;
use crate::bank::Bank;

/// Which transfers are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    account: Option<AccountId>,
    status: Option<TransferStatus>,
}

impl FromFields for Filter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let account = fields.query("accountId", AccountId::from_str);
        let status = fields.query("status", TransferStatus::from_str);
        Some(Self { account, status })
    }
}

impl utoipa::IntoParams for Filter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        use annals::http::openapi::query_parameter;
        vec![
            query_parameter(
                "accountId",
                "Only transfers from or to this account.",
                utoipa::schema!(
                    #[inline]
                    AccountId
                ),
            ),
            query_parameter(
                "status",
                "Only transfers that stand so.",
                utoipa::schema!(
                    #[inline]
                    TransferStatus
                ),
            ),
        ]
    }
}

/// The place of a transfer in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(TransferId);

impl Cursor for Place {
    const COLLECTION: &'static str = "transfers";
}

/// Transfers by id, of one account or of all.
#[utoipa::path(
    get,
    path = "/transfers",
    tag = "queries",
    params(Filter, PageRequest<Place>, Freshness),
    responses(
        (status = 200, body = Page<TransferView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_transfers(
    State(bank): State<Bank>,
    Parameters((filter, page, freshness)): Parameters<(Filter, PageRequest<Place>, Freshness)>,
) -> Result<Answer<Page<TransferView>>, Problem> {
    let position = freshness
        .wait(bank.store(), bank.projection::<TransferRow>())
        .await?;
    let rows = filter.rows(&bank, &page).await?;
    let views = rows.into_iter().map(TransferView::from).collect();
    let page = page.page(views, |view: &TransferView| Place(view.id().clone()));
    Ok(Answer::ok(page).position(position))
}

impl Filter {
    /// In the order of their ids. There may be more than a page has room for.
    async fn rows(
        &self,
        bank: &Bank,
        page: &PageRequest<Place>,
    ) -> Result<Vec<TransferRow>, QueryError> {
        let transfers = bank.table::<TransferRow>();
        let Some(account) = &self.account else {
            return transfers.list(self.selection(page)).await;
        };
        let from = self.selection(page).equal("from_account", account);
        let to = self.selection(page).equal("to_account", account);
        let mut rows = transfers.list(from).await?;
        rows.extend(transfers.list(to).await?);
        rows.sort_unstable_by(|one, other| one.transfer_id.cmp(&other.transfer_id));
        Ok(rows)
    }

    fn selection(&self, page: &PageRequest<Place>) -> Selection<TransferRow> {
        let selection = Selection::new().limit(page.rows_to_read());
        let selection = match &self.status {
            Some(status) => selection.equal("status", status),
            None => selection,
        };
        match &page.after {
            Some(Place(last)) => selection.after(last),
            None => selection,
        }
    }
}
