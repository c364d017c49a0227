//! What a person decides for an instance that is parked.

use serde_json::json;

use crate::welcomes::Welcomes;

/// Ada is booked, and has got no mail.
async fn parked() -> Welcomes {
    let welcomes = Welcomes::new().await;
    welcomes.park("ada").await;
    welcomes
}

async fn asked(welcomes: &Welcomes, what: &str, json: &str) -> serde_json::Value {
    let path = format!("/sagas/welcome/ada/{what}");
    let answer = welcomes.service.post(&path, json).await.ok();
    welcomes.drive("ada").await;
    answer
}

async fn last_moment(welcomes: &Welcomes) -> serde_json::Value {
    let path = "/sagas/welcome/ada/timeline";
    let page = welcomes.service.get(path).await.ok();
    page["data"].as_array().unwrap().last().unwrap().clone()
}

async fn status(welcomes: &Welcomes) -> String {
    let shown = welcomes.service.get("/sagas/welcome/ada").await.ok();
    shown["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_failed_is_tried_again_once_it_is_mended() {
    let welcomes = parked().await;
    welcomes.man();
    let answer = asked(&welcomes, "retry", "").await;
    assert_eq!(answer["status"], "running");
    assert_eq!(answer["calls"][0]["attempt"], 3);
    assert_eq!(status(&welcomes).await, "completed");
    assert_eq!(welcomes.mails(), ["ada"]);
}

#[tokio::test]
async fn what_somebody_has_seen_to_is_skipped() {
    let welcomes = parked().await;
    let answer = asked(&welcomes, "skip", r#"{"reason": "told by phone"}"#).await;
    assert_eq!(answer["status"], "completed");
    assert!(welcomes.mails().is_empty());
}

#[tokio::test]
async fn what_was_done_is_undone() {
    let welcomes = parked().await;
    let answer = asked(&welcomes, "compensate", r#"{"reason": "she left"}"#).await;
    assert_eq!(answer["status"], "running");
    let shown = welcomes.service.get("/sagas/welcome/ada").await.ok();
    assert_eq!(shown["status"], "compensated");
    assert_eq!(shown["reason"], "\"she left\"");
}

#[tokio::test]
async fn one_that_is_cancelled_is_left_as_it_is() {
    let welcomes = parked().await;
    let answer = asked(&welcomes, "cancel", r#"{"reason": "a duplicate"}"#).await;
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&json!("cancelled"), &json!("a duplicate"))
    );
}

#[tokio::test]
async fn the_timeline_tells_who_asked_for_what() {
    let welcomes = parked().await;
    asked(&welcomes, "skip", r#"{"reason": "told by phone"}"#).await;
    let last = last_moment(&welcomes).await;
    assert_eq!(last["by"], "anonymous");
    assert_eq!(
        last["told"]["asked"],
        json!({"skip": {"reason": "told by phone"}})
    );
}

#[tokio::test]
async fn who_tells_their_name_is_recorded_by_it() {
    let welcomes = parked().await;
    let ask = async |name: &str| {
        let path = "/sagas/welcome/ada/cancel";
        let reason = r#"{"reason": "a duplicate"}"#;
        let header = ("X-Actor", name);
        welcomes.service.post_with(header, path, reason).await
    };
    for nobody in ["", "Carol\tof Operations", &"c".repeat(101)] {
        ask(nobody).await.assert_problem(422, "invalid-request");
    }
    ask("carol@example.org").await.ok();
    assert_eq!(last_moment(&welcomes).await["by"], "carol@example.org");
}
