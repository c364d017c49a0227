//! The whole bank in numbers.

use annals::Selection;
use annals::http::{Answer, Freshness, Parameters, Problem};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::read_models::{AccountSummary, CurrencySummary};
use crate::bank::Bank;
use crate::money::{Currency, WrittenMoney};

/// How many accounts there are, and what is on them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Summary {
    accounts: AccountCounts,
    currencies: Vec<CurrencyView>,
}

/// How many accounts there are.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct AccountCounts {
    total: u64,
    active: u64,
    closed: u64,
}

/// What is on the accounts of one currency.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyView {
    #[schema(value_type = String)]
    currency: Currency,
    accounts: AccountCounts,
    total_balance: WrittenMoney,
    /// What is on each active account, rounded down; a closed one is empty.
    average_balance: WrittenMoney,
}

impl From<CurrencySummary> for CurrencyView {
    fn from(summary: CurrencySummary) -> Self {
        let CurrencySummary {
            currency,
            active,
            closed,
            total,
        } = summary;
        Self {
            currency,
            accounts: AccountCounts {
                total: active + closed,
                active,
                closed,
            },
            total_balance: total.written(currency),
            average_balance: total.average(active).written(currency),
        }
    }
}

impl Summary {
    fn of(currencies: Vec<CurrencySummary>) -> Self {
        let mut accounts = AccountCounts::default();
        for summary in &currencies {
            accounts.active += summary.active;
            accounts.closed += summary.closed;
        }
        accounts.total = accounts.active + accounts.closed;
        let used = currencies
            .into_iter()
            .filter(|row| row.active + row.closed > 0);
        Self {
            accounts,
            currencies: used.map(CurrencyView::from).collect(),
        }
    }
}

/// How many accounts there are, and what is on them.
#[utoipa::path(
    get,
    path = "/summary",
    tag = "queries",
    params(Freshness),
    responses(
        (status = 200, body = Summary),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn get_summary(
    State(bank): State<Bank>,
    Parameters(freshness): Parameters<Freshness>,
) -> Result<Answer<Summary>, Problem> {
    let position = freshness
        .wait(bank.store(), bank.table_projection::<AccountSummary>())
        .await?;
    let all = Selection::new().limit(Currency::MOST);
    let currencies = bank.table::<CurrencySummary>().list(all).await?;
    let summary = Summary::of(currencies);
    Ok(Answer::ok(summary).position(position))
}
