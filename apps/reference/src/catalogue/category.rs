//! Categories.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::CategoryId;

/// A category of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// Which one.
    pub category_id: CategoryId,
    /// Its name. No two are alike but for upper and lower case.
    pub name: String,
}
