//! Readiness tells of the projections: one whose read model is behind makes the service unready.

use annals_core::Position;
use annals_http::{ProjectionHealth, Readiness, StoreHealth};
use axum::http::StatusCode;
use axum::response::IntoResponse;

fn status(up_to_date: [bool; 2]) -> StatusCode {
    let projections = up_to_date.map(|up_to_date| ProjectionHealth {
        name: "balances".to_owned(),
        status: "standby",
        up_to_date,
        position: Position(7),
    });
    let readiness = Readiness::of(StoreHealth::Working, projections);
    readiness.into_response().status()
}

#[test]
fn one_read_model_that_is_behind_makes_the_service_unready() {
    assert_eq!(status([true, true]), StatusCode::OK);
    assert_eq!(status([true, false]), StatusCode::SERVICE_UNAVAILABLE);
}
