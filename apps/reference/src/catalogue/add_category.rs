//! Adding a category.

use std::str::FromStr;

use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use annals::{IdSource, RandomIds};
use axum::extract::State;
use utoipa::ToSchema;

use super::category::Category;
use super::ids::CategoryId;
use super::product::name;
use crate::bank::Bank;

/// A category, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct CategoryEntry {
    /// Which one; a new id when it is missing.
    category_id: Option<CategoryId>,
    /// Its name.
    name: String,
}

impl FromFields for CategoryEntry {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let category_id = fields.optional("categoryId", text(CategoryId::from_str));
        let name = fields.required("name", text(name))?;
        Some(Self { category_id, name })
    }
}

/// Add a category.
#[utoipa::path(
    post,
    path = "/categories",
    tag = "commands",
    params(Command<CategoryEntry>),
    request_body = CategoryEntry,
    responses(
        (status = 201, body = Category),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn add_category(
    State(bank): State<Bank>,
    Command { request, context }: Command<CategoryEntry>,
) -> Result<Answer<Category>, Problem> {
    let new = || RandomIds.next().to_string().parse();
    let category = Category {
        category_id: request
            .category_id
            .unwrap_or_else(|| new().expect("a UUID is a valid category id")),
        name: request.name,
    };
    let category = bank.catalogue().add_category(category, &context).await?;
    let location = format!("/products?categoryId={}", category.category_id);
    Ok(Answer::created(&location, category))
}
