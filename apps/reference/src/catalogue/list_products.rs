//! Products by name: all of them, of a category, with certain words.

use std::str::FromStr;

use annals::http::openapi::query_parameter;
use annals::http::{Answer, Cursor, Fields, FromFields, Page, PageRequest, Parameters, Problem};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::ids::CategoryId;
use super::product::{Product, name};
use super::selection::{AfterName, ProductSelection, SearchWords};
use crate::bank::Bank;

/// Which products are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    category_id: Option<CategoryId>,
    words: Option<SearchWords>,
    brand: Option<String>,
    in_stock: bool,
}

impl FromFields for Filter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            category_id: fields.query("categoryId", CategoryId::from_str),
            words: fields.query("q", SearchWords::of),
            brand: fields.query("brand", name),
            in_stock: fields.query("inStock", only_true).is_some(),
        })
    }
}

fn only_true(word: &str) -> Result<(), &'static str> {
    match word {
        "true" => Ok(()),
        _ => Err("must be true, or not be given"),
    }
}

impl utoipa::IntoParams for Filter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let category = utoipa::schema!(
            #[inline]
            CategoryId
        );
        let words = "Only products that have all these words in name or description. Words are \
                     runs of letters and digits; a text without any finds nothing.";
        vec![
            query_parameter("categoryId", "Only products of this category.", category),
            query_parameter("q", words, utoipa::schema!(String)),
            query_parameter(
                "brand",
                "Only products with this attribute `brand`.",
                utoipa::schema!(String),
            ),
            query_parameter(
                "inStock",
                "true: only products that are on the shelf.",
                utoipa::schema!(bool),
            ),
        ]
    }
}

/// The place of a product in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductPlace(AfterName);

impl Cursor for ProductPlace {
    const COLLECTION: &'static str = "products";
}

/// Products by name, and by id among those of one name.
///
/// Who follows `nextCursor` sees each product once that is there all the while and keeps its name,
/// whatever else is added, renamed or taken away.
#[utoipa::path(
    get,
    path = "/products",
    tag = "queries",
    params(Filter, PageRequest<ProductPlace>),
    responses(
        (status = 200, body = Page<Product>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_products(
    State(bank): State<Bank>,
    Parameters((filter, page)): Parameters<(Filter, PageRequest<ProductPlace>)>,
) -> Result<Answer<Page<Product>>, Problem> {
    let selection = ProductSelection {
        category_id: filter.category_id,
        words: filter.words,
        brand: filter.brand,
        in_stock: filter.in_stock,
        after: page.after.clone().map(|ProductPlace(place)| place),
        limit: page.rows_to_read(),
    };
    let rows = bank.catalogue().products(&selection).await?;
    let page = page.page(rows, |(place, _)| ProductPlace(place.clone()));
    Ok(Answer::ok(Page {
        data: page.data.into_iter().map(|(_, it)| it).collect(),
        pagination: page.pagination,
    }))
}
