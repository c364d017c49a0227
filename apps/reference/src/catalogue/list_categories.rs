//! Categories, by name.

use annals::http::{Answer, Cursor, Page, PageRequest, Parameters, Problem};
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::category::Category;
use super::selection::AfterName;
use crate::bank::Bank;

/// The place of a category in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryPlace(AfterName);

impl Cursor for CategoryPlace {
    const COLLECTION: &'static str = "categories";
}

/// Categories by name.
#[utoipa::path(
    get,
    path = "/categories",
    tag = "queries",
    params(PageRequest<CategoryPlace>),
    responses(
        (status = 200, body = Page<Category>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_categories(
    State(bank): State<Bank>,
    Parameters(page): Parameters<PageRequest<CategoryPlace>>,
) -> Result<Answer<Page<Category>>, Problem> {
    let after = page.after.clone().map(|CategoryPlace(place)| place);
    let rows = bank
        .catalogue()
        .categories(after, page.rows_to_read())
        .await?;
    let page = page.page(rows, |(place, _)| CategoryPlace(place.clone()));
    Ok(Answer::ok(Page {
        data: page.data.into_iter().map(|(_, it)| it).collect(),
        pagination: page.pagination,
    }))
}
