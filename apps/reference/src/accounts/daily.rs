//! The payments of an account, summed up by UTC day.

use annals::Selection;
use annals::http::{
    Answer, Cursor, Fields, Freshness, FromFields, Page, PageRequest, Parameters, Problem,
};
use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::ids::AccountId;
use super::read_models::DailySummary;
use crate::bank::Bank;
use crate::money::WrittenMoney;

/// A day, as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayView {
    date: Date,
    deposits: PaymentsView,
    withdrawals: PaymentsView,
}

/// Payments of one kind on one day.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentsView {
    count: u64,
    total: WrittenMoney,
}

impl From<DailySummary> for DayView {
    fn from(day: DailySummary) -> Self {
        let payments = |count, total: crate::money::Total| PaymentsView {
            count,
            total: total.written(day.currency),
        };
        Self {
            date: day.day,
            deposits: payments(day.deposits, day.deposited),
            withdrawals: payments(day.withdrawals, day.withdrawn),
        }
    }
}

/// Which days are asked for, both inclusive.
#[derive(Debug, Clone)]
pub struct Period {
    from: Option<Date>,
    to: Option<Date>,
}

impl FromFields for Period {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let from = fields.query("from", parse_date);
        let to = fields.query("to", parse_date);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            fields.fault("from", "must not be after to");
        }
        Some(Self { from, to })
    }
}

fn parse_date(text: &str) -> Result<Date, &'static str> {
    text.parse()
        .map_err(|_| "must be a date such as 2024-01-15")
}

impl utoipa::IntoParams for Period {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        use annals::http::openapi::query_parameter;
        vec![
            query_parameter(
                "from",
                "The first day.",
                utoipa::schema!(
                    #[inline]
                    Date
                ),
            ),
            query_parameter(
                "to",
                "The last day.",
                utoipa::schema!(
                    #[inline]
                    Date
                ),
            ),
        ]
    }
}

/// The place of a day in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(Date);

impl Cursor for Place {
    const COLLECTION: &'static str = "days";
}

/// Counts and totals of the deposits and withdrawals of an account, for each UTC day with any.
#[utoipa::path(
    get,
    path = "/accounts/{id}/daily",
    tag = "queries",
    params(AccountId, Period, PageRequest<Place>, Freshness),
    responses(
        (status = 200, body = Page<DayView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_days(
    State(bank): State<Bank>,
    Parameters((account_id, period, (page, freshness))): Parameters<(
        AccountId,
        Period,
        (PageRequest<Place>, Freshness),
    )>,
) -> Result<Answer<Page<DayView>>, Problem> {
    let position = freshness
        .wait(bank.store(), bank.projection::<DailySummary>())
        .await?;
    bank.check_known(&account_id).await?;
    let (first, last) = (
        period.from.unwrap_or(Date::MIN),
        period.to.unwrap_or(Date::MAX),
    );
    let mut selection = Selection::new()
        .equal("account_id", &account_id)
        .within("day", first..=last)
        .limit(page.rows_to_read());
    if let Some(Place(day)) = &page.after {
        selection = selection.after(&(account_id, *day));
    }
    let rows = bank.table::<DailySummary>().list(selection).await?;
    let views = rows.into_iter().map(DayView::from).collect();
    let page = page.page(views, |view: &DayView| Place(view.date));
    Ok(Answer::ok(page).position(position))
}
