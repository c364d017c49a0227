//! One user, as they are now.

use annals::Timestamp;
use annals::http::{Answer, Freshness, Parameters, Problem};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::ids::UserId;
use super::personal::told;
use super::read_model::UserRow;
use super::state::UserStatus;
use crate::bank::Bank;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    user_id: UserId,
    /// Like the names, nothing once the user was forgotten.
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// Whether they were forgotten.
    erased: bool,
    status: UserStatus,
    registered_at: Timestamp,
    version: u64,
}

impl UserView {
    fn of(row: UserRow) -> Result<Self, Problem> {
        Ok(Self {
            email: told(&row.email)?,
            first_name: told(&row.first_name)?,
            last_name: told(&row.last_name)?,
            erased: row.email.is_erased(),
            user_id: row.user_id,
            status: row.status,
            registered_at: row.registered_at,
            version: row.version.0,
        })
    }
}

/// One user.
#[utoipa::path(
    get,
    path = "/users/{id}",
    tag = "queries",
    params(UserId, Freshness),
    responses(
        (status = 200, body = UserView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn get_user(
    State(bank): State<Bank>,
    Parameters((user_id, freshness)): Parameters<(UserId, Freshness)>,
) -> Result<Answer<UserView>, Problem> {
    let projection = bank.projection::<UserRow>();
    let position = freshness.wait(bank.store(), projection).await?;
    let row = bank.table::<UserRow>().get(&user_id).await?;
    let mut row = row.ok_or_else(|| Problem::not_found(format!("there is no user {user_id}")))?;
    bank.open_copies(row.personal()).await?;
    let version = row.version;
    let answer = Answer::ok(UserView::of(row)?);
    Ok(answer.version(version).position(position))
}
