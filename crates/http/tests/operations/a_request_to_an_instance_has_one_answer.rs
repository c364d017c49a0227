//! Under an idempotency key, what was asked of an instance is asked once.

use crate::welcomes::Welcomes;

const CANCEL: &str = "/sagas/welcome/ada/cancel";
const RETRY: &str = "/sagas/welcome/ada/retry";
const BECAUSE: &str = r#"{"reason": "a duplicate"}"#;

#[tokio::test]
async fn a_repeat_has_the_same_answer_and_changes_nothing() {
    let welcomes = Welcomes::new().await;
    welcomes.park("ada").await;
    let service = &welcomes.service;
    let first = service.post_under("k1", CANCEL, BECAUSE).await.ok();
    assert_eq!(service.post_under("k1", CANCEL, BECAUSE).await.ok(), first);
    let without = service.post(CANCEL, BECAUSE).await;
    without.assert_problem(409, "saga-over");
}

#[tokio::test]
async fn a_retry_that_comes_again_retries_once() {
    let welcomes = Welcomes::new().await;
    welcomes.park("ada").await;
    for _ in 0..2 {
        welcomes.service.post_under("k1", RETRY, "").await.ok();
        // Nobody is there to write the mail, so it is parked again.
        welcomes.drive("ada").await;
        welcomes.bank.clock.advance(crate::welcomes::WAIT);
        welcomes.drive("ada").await;
    }
    let page = welcomes.service.get("/sagas/welcome/ada/timeline").await;
    let moments = page.ok()["data"].as_array().unwrap().clone();
    let asked = moments.iter().filter(|it| it["told"]["kind"] == "asked");
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn a_refusal_stays_one_under_its_key() {
    let welcomes = Welcomes::new().await;
    welcomes.begin("ada").await;
    let running = welcomes.service.post_under("k1", RETRY, "").await;
    running.assert_problem(409, "saga-not-parked");
    welcomes.bank.clock.advance(crate::welcomes::WAIT);
    welcomes.drive("ada").await;
    let repeat = welcomes.service.post_under("k1", RETRY, "").await;
    repeat.assert_problem(409, "saga-not-parked");
    assert_eq!(repeat.body["state"], "parked");
    welcomes.service.post_under("k2", RETRY, "").await.ok();
}

#[tokio::test]
async fn a_key_is_of_one_request() {
    let welcomes = Welcomes::new().await;
    welcomes.park("ada").await;
    welcomes.service.post_under("k1", RETRY, "").await.ok();
    let other = welcomes.service.post_under("k1", CANCEL, BECAUSE).await;
    other.assert_problem(422, "idempotency-key-reused");
    let shown = welcomes.service.get("/sagas/welcome/ada").await.ok();
    assert_eq!(shown["status"], "running");
}

#[tokio::test]
async fn the_same_key_for_another_instance_is_another_request() {
    let welcomes = Welcomes::new().await;
    for name in ["ada", "bob"] {
        welcomes.park(name).await;
        let path = format!("/sagas/welcome/{name}/cancel");
        let answer = welcomes.service.post_under("k1", &path, BECAUSE).await.ok();
        assert_eq!(answer["status"], "cancelled", "{name}");
    }
}
