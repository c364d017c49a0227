//! Readiness tells of the projections: one whose read model is behind makes the service unready.

use annals_core::Position;
use annals_http::{ProjectionHealth, Readiness, SagaHealth, StoreHealth};
use axum::http::StatusCode;
use axum::response::IntoResponse;

fn health(up_to_date: bool) -> ProjectionHealth {
    ProjectionHealth {
        name: "balances".to_owned(),
        status: "standby",
        up_to_date,
        position: Position(7),
    }
}

fn status(up_to_date: [bool; 2]) -> StatusCode {
    let readiness = Readiness::of(StoreHealth::Working, up_to_date.map(health));
    readiness.into_response().status()
}

#[test]
fn one_read_model_that_is_behind_makes_the_service_unready() {
    assert_eq!(status([true, true]), StatusCode::OK);
    assert_eq!(status([true, false]), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn an_effect_that_is_behind_is_told_of_and_leaves_the_service_ready() {
    let readiness = Readiness::of(StoreHealth::Working, [health(true)]).beside([health(false)]);
    assert_eq!(readiness.effects, [health(false)]);
    assert_eq!(readiness.into_response().status(), StatusCode::OK);
}

#[test]
fn a_saga_that_is_stuck_is_told_of_and_leaves_the_service_ready() {
    let stuck = SagaHealth {
        name: "transfer",
        running: 2,
        parked: 1,
        stuck: 1,
    };
    let readiness = Readiness::of(StoreHealth::Working, [health(true)]);
    let readiness = readiness.with_sagas([stuck.clone()]);
    assert_eq!(readiness.sagas, [stuck]);
    assert_eq!(readiness.into_response().status(), StatusCode::OK);
}
