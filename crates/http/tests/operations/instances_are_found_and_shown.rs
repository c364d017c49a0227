//! Which instances of a saga there are, how one is, and what happened to it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::welcomes::Welcomes;

/// Ada is parked for an hour, Bob has waited for a mail for a minute, Cleo is welcome.
async fn three() -> Welcomes {
    let welcomes = Welcomes::new().await;
    welcomes.park("ada").await;
    welcomes.bank.clock.advance(Duration::from_secs(3_540));
    welcomes.begin("bob").await;
    welcomes.bank.clock.advance(Duration::from_secs(60));
    welcomes.man();
    welcomes.begin("cleo").await;
    welcomes
}

async fn names(welcomes: &Welcomes, query: &str) -> Vec<String> {
    let path = format!("/sagas/welcome{query}");
    let page = welcomes.service.get(&path).await.ok();
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| row["instance"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn all_sagas_are_told_with_what_is_open_and_what_is_stuck() {
    let welcomes = three().await;
    let answer = welcomes.service.get("/sagas").await.ok();
    let open = json!({
        "running": {"count": 1, "oldestMs": 60_000},
        "parked": {"count": 1, "oldestMs": 3_600_000},
        "due": {"count": 1, "oldestMs": answer["sagas"][0]["open"]["due"]["oldestMs"]},
        "stuck": 1,
        "alarms": [{
            "instance": "ada",
            "stuck": "parked",
            "step": "mail",
            "reason": "no way back, and mail failed: \"nobody is there\"",
            "since": "2024-03-01T12:00:02Z",
        }],
        "isPartial": false,
    });
    assert_eq!(
        answer,
        json!({"sagas": [{"name": "welcome", "open": open}]})
    );
}

#[tokio::test]
async fn one_that_was_late_for_a_quarter_of_an_hour_is_overdue() {
    let welcomes = Welcomes::new().await;
    welcomes.begin("bob").await;
    welcomes.bank.clock.advance(Duration::from_secs(15 * 60));
    let early = welcomes.service.get("/sagas").await.ok();
    assert_eq!(early["sagas"][0]["open"]["stuck"], 0, "{early}");
    welcomes.bank.clock.advance(Duration::from_secs(3));
    let late = welcomes.service.get("/sagas").await.ok();
    let open = &late["sagas"][0]["open"];
    assert_eq!(
        (&open["stuck"], &open["due"]["count"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(open["alarms"][0]["stuck"], "overdue");
}

#[tokio::test]
async fn instances_are_listed_by_status_step_and_age() {
    let welcomes = three().await;
    assert_eq!(names(&welcomes, "").await, ["ada", "bob", "cleo"]);
    for (query, found) in [
        ("?status=parked", &["ada"][..]),
        ("?status=completed", &["cleo"]),
        ("?status=compensated", &[]),
        ("?step=mail", &["ada", "bob"]),
        ("?step=mail&status=running", &["bob"]),
        ("?step=book", &[]),
        ("?olderThan=60", &["ada", "bob"]),
        ("?olderThan=61", &["ada"]),
        ("?unchangedFor=3600", &["ada"]),
        ("?unchangedFor=3601", &[]),
        ("?olderThan=18446744073709551615", &[]),
    ] {
        assert_eq!(names(&welcomes, query).await, found, "{query}");
    }
}

#[tokio::test]
async fn a_row_tells_how_an_instance_is() {
    let welcomes = three().await;
    let page = welcomes.service.get("/sagas/welcome?status=running").await;
    let page = page.ok();
    let row = &page["data"][0];
    let expected = json!({
        "instance": "bob",
        "status": "running",
        "reason": null,
        "step": "mail",
        "waitsFor": "mail, timeout",
        "definition": 1,
        "startedAt": "2024-03-01T12:59:02Z",
        "changedAt": "2024-03-01T12:59:02Z",
        "since": "2024-03-01T12:59:02Z",
        "due": row["due"],
    });
    assert_eq!(*row, expected);
}

#[tokio::test]
async fn what_changes_an_instance_leaves_since_when_it_is_so() {
    let welcomes = Welcomes::new().await;
    welcomes.begin("bob").await;
    // Too early for another attempt.
    welcomes.bank.clock.advance(Duration::from_millis(500));
    let in_vain = welcomes.service.post("/sagas/welcome/bob/retry", "");
    in_vain.await.assert_problem(409, "saga-not-parked");
    welcomes.drive("bob").await;
    let page = welcomes.service.get("/sagas/welcome").await.ok();
    let row = &page["data"][0];
    assert_eq!(row["since"], "2024-03-01T12:00:00Z");
    assert_eq!(row["changedAt"], "2024-03-01T12:00:00.5Z");
}

#[tokio::test]
async fn a_list_has_pages() {
    let welcomes = three().await;
    let first = welcomes.service.get("/sagas/welcome?limit=2").await.ok();
    assert_eq!(first["pagination"]["hasMore"], true);
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    let next = format!("?limit=2&cursor={cursor}");
    assert_eq!(names(&welcomes, &next).await, ["cleo"]);
}

#[tokio::test]
async fn an_instance_tells_what_is_open_and_how_it_failed_last() {
    let welcomes = three().await;
    let bob = welcomes.service.get("/sagas/welcome/bob").await.ok();
    assert_eq!(
        (&bob["status"], &bob["version"]),
        (&json!("running"), &json!(3))
    );
    assert_eq!(bob["state"]["saga"], json!({"account": "bob"}));
    let call = &bob["calls"][0];
    let expected = json!({
        "name": "mail",
        "number": 3,
        "command": "mail",
        "attempt": 2,
        "attempts": 2,
        "notBefore": call["notBefore"],
        "lastFailure": {"attempt": 1, "at": "2024-03-01T12:59:02Z", "error": "nobody is there"},
    });
    assert_eq!(*call, expected);
    let timer =
        json!({"name": "timeout", "number": 1, "due": "2024-03-02T12:59:02Z", "everyMs": null});
    assert_eq!(bob["timers"], json!([timer]));
    assert_eq!(bob["unknown"], json!([]));
}

#[tokio::test]
async fn one_that_is_parked_tells_what_was_given_up() {
    let welcomes = three().await;
    let ada = welcomes.service.get("/sagas/welcome/ada").await.ok();
    assert_eq!(ada["status"], "parked");
    assert_eq!(ada["calls"], json!([]));
    let given_up = &ada["unknown"][0];
    assert_eq!(given_up["name"], "mail");
    assert_eq!(given_up["lastFailure"]["attempt"], 2);
    assert_eq!(given_up["lastFailure"]["error"], "nobody is there");
}

#[tokio::test]
async fn a_timeline_tells_what_an_instance_was_told_and_what_it_decided() {
    let welcomes = three().await;
    let path = "/sagas/welcome/ada/timeline";
    let page = welcomes.service.get(path).await.ok();
    let moments = page["data"].as_array().unwrap();
    let kinds: Vec<_> = moments
        .iter()
        .map(|moment| &moment["told"]["kind"])
        .collect();
    assert_eq!(kinds, ["event", "answer", "failure", "answer"]);
    let versions: Vec<_> = moments.iter().map(|moment| &moment["version"]).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
    let last = &moments[3];
    assert_eq!(last["at"], "2024-03-01T12:00:02Z");
    assert_eq!(
        (&last["by"], &last["ignored"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        last["decisions"][0]["park"]["reason"],
        "no way back, and mail failed: \"nobody is there\""
    );
    assert_eq!(last["status"], "parked");

    let first = welcomes.service.get(&format!("{path}?limit=3")).await.ok();
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    let next = welcomes
        .service
        .get(&format!("{path}?cursor={cursor}"))
        .await;
    assert_eq!(next.ok()["data"], json!([last]));
}

#[tokio::test]
async fn an_instance_of_any_name_is_reached_by_a_path() {
    let welcomes = Welcomes::new().await;
    for (name, encoded) in [
        ("a/b", "a%2Fb"),
        ("50 % off?#", "50%20%25%20off%3F%23"),
        ("Åse-1", "%C3%85se-1"),
        ("a+b", "a+b"),
        ("timeline", "timeline"),
    ] {
        welcomes.park(name).await;
        let path = format!("/sagas/welcome/{encoded}");
        let shown = welcomes.service.get(&path).await.ok();
        assert_eq!(shown["instance"], name);
        let timeline = welcomes.service.get(&format!("{path}/timeline")).await;
        assert_eq!(timeline.ok()["data"].as_array().unwrap().len(), 4);
        let because = r#"{"reason": "a test"}"#;
        let cancelled = welcomes
            .service
            .post(&format!("{path}/cancel"), because)
            .await;
        assert_eq!(cancelled.ok()["status"], "cancelled");
    }
}
