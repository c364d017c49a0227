//! Forgetting a user.

use annals::http::{Answer, Parameters, Problem};
use annals::runtime::ErasureReport;
use axum::extract::State;

use super::ids::UserId;
use crate::bank::Bank;

/// Make what is personal of a user unreadable for good, wherever it was copied to.
///
/// Their events stay, and so does everything that is not personal. The answer tells what was reached,
/// and what cannot be; asking again answers the same.
#[utoipa::path(
    delete,
    path = "/users/{id}/personal-data",
    tag = "commands",
    params(UserId),
    responses(
        (status = 200, body = Object),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn erase_user(
    State(bank): State<Bank>,
    Parameters(user_id): Parameters<UserId>,
) -> Result<Answer<ErasureReport>, Problem> {
    bank.check_user_known(&user_id).await?;
    let report = bank.annals().erase(&user_id.subject()).await?;
    Ok(Answer::ok(report))
}
