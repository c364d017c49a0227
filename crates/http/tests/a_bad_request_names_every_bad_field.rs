//! A request is read to its end: every bad field of path, query, headers and body is named.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod service;

use std::str::FromStr;

use annals_core::InstanceId;
use annals_http::{
    Command, Fields, Freshness, FromFields, Limits, MIN_POSITION, Parameters, guard, text,
};
use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::{get as on_get, post as on_post};
use serde_json::{Value, json};
use service::{Reply, get, post, send};

struct Id(u32);

impl FromFields for Id {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("id", u32::from_str).map(Self)
    }
}

struct Rename {
    name: String,
    size: u8,
}

impl FromFields for Rename {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", text(String::from_str));
        let size = fields.required("size", text(u8::from_str));
        Some(Self {
            name: name?,
            size: size?,
        })
    }
}

async fn rename(command: Command<(Id, Rename)>) -> Json<Value> {
    let (Id(id), Rename { name, size }) = command.request;
    let metadata = command.context.metadata;
    Json(json!({
        "id": id,
        "name": name,
        "size": size,
        "key": command.context.idempotency.map(|key| key.key),
        "expected": format!("{:?}", command.context.expected),
        "correlation": metadata.correlation,
        "traceParent": metadata.trace_parent,
    }))
}

async fn look_up(Parameters((Id(id), _)): Parameters<(Id, Freshness)>) -> Json<u32> {
    Json(id)
}

/// The bad fields a problem names, in order.
fn bad_fields(reply: &Reply) -> Vec<&str> {
    let errors = reply.body["errors"].as_array().into_iter().flatten();
    errors.filter_map(|error| error["field"].as_str()).collect()
}

fn router() -> Router {
    let router = Router::new()
        .route("/things/{id}/rename", on_post(rename))
        .route("/things/{id}", on_get(look_up));
    guard(router, Limits::default())
}

#[tokio::test]
async fn a_good_command_arrives_with_its_headers() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::post("/things/7/rename")
        .header("content-type", "application/json; charset=utf-8")
        .header("idempotency-key", "k-1")
        .header("if-match", "\"3\"")
        .header("x-request-id", "r-1")
        .header("traceparent", trace)
        .body(Body::from(r#"{"name": "a", "size": "2"}"#))
        .unwrap();
    let reply = send(&router(), request).await;
    let expected = json!({
        "id": 7, "name": "a", "size": 2, "key": "k-1",
        "expected": "Some(At(StreamVersion(3)))", "correlation": "r-1", "traceParent": trace,
    });
    assert_eq!(reply.body, expected);
    assert_eq!(reply.header("x-request-id"), "r-1");
    assert_eq!(reply.header("traceparent"), trace);
}

#[tokio::test]
async fn path_headers_and_body_are_all_named_at_once() {
    let request = Request::post("/things/x/rename?colour=red")
        .header("content-type", "application/json")
        .header("idempotency-key", "two words")
        .header("if-match", "W/\"3\"")
        .body(Body::from(r#"{"name": 1, "weight": 2}"#))
        .unwrap();
    let reply = send(&router(), request).await;
    reply.assert_problem(422, "invalid-request");
    let mut fields = bad_fields(&reply);
    fields.sort_unstable();
    let expected = [
        "Idempotency-Key",
        "If-Match",
        "colour",
        "id",
        "name",
        "size",
        "weight",
    ];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn nobody_takes_a_key_that_a_saga_will_use() {
    let instance = InstanceId::new("o-1").unwrap();
    let key = format!("{}/4", instance.stream("checkout").unwrap());
    let request = Request::post("/things/7/rename")
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(r#"{"name": "a", "size": "2"}"#))
        .unwrap();
    let reply = send(&router(), request).await;
    reply.assert_problem(422, "invalid-request");
    assert_eq!(bad_fields(&reply), ["Idempotency-Key"]);
}

#[tokio::test]
async fn unknown_and_bad_parameters_of_a_query_are_named() {
    let reply = send(
        &router(),
        get("/things/1?minPosition=x&color=red&minPosition=2"),
    )
    .await;
    reply.assert_problem(422, "invalid-request");
    assert_eq!(bad_fields(&reply), ["minPosition", "minPosition", "color"]);
}

#[tokio::test]
async fn how_new_an_answer_must_be_is_said_in_one_way() {
    let both_positions = Request::get("/things/1?minPosition=2").header(MIN_POSITION, "3");
    let reply = send(&router(), both_positions.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status.as_u16(), 200);
    for way in ["minPosition=2", "freshness=current", "maxAgeMs=250"] {
        let reply = send(&router(), get(&format!("/things/1?{way}"))).await;
        assert_eq!(reply.status.as_u16(), 200, "{way}");
    }
    let reply = send(&router(), get("/things/1?freshness=new&maxAgeMs=1.5")).await;
    assert_eq!(bad_fields(&reply), ["freshness", "maxAgeMs"]);

    let contradictions = [
        (
            get("/things/1?freshness=current&maxAgeMs=0"),
            "maxAgeMs",
            "freshness",
        ),
        (
            get("/things/1?minPosition=1&maxAgeMs=0"),
            "maxAgeMs",
            "minPosition",
        ),
        (
            Request::get("/things/1?freshness=current")
                .header(MIN_POSITION, "1")
                .body(Body::empty())
                .unwrap(),
            "freshness",
            MIN_POSITION,
        ),
    ];
    for (request, field, other) in contradictions {
        let reply = send(&router(), request).await;
        reply.assert_problem(422, "invalid-request");
        assert_eq!(bad_fields(&reply), [field]);
        let message = reply.body["errors"][0]["message"].as_str();
        let expected = format!("cannot be given together with {other}");
        assert_eq!(message, Some(expected.as_str()));
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_by_its_reason() {
    let router = router();
    let path = "/things/1/rename";
    let as_text = Request::post(path).header("content-type", "text/plain");
    let untyped = Request::post(path).body(Body::from("{}")).unwrap();
    let cases = [
        (post(path, "{\"name\": "), 400, "malformed-json"),
        (post(path, vec![b'"', 0xff, b'"']), 400, "malformed-json"),
        (post(path, "[".repeat(10_000)), 400, "malformed-json"),
        (post(path, " ".repeat(64 * 1024 + 1)), 413, "too-large"),
        (
            as_text.body(Body::from("{}")).unwrap(),
            415,
            "unsupported-media-type",
        ),
        (untyped, 415, "unsupported-media-type"),
        (post(path, "[1]"), 422, "invalid-request"),
        (post("/things/%ff/rename", "{}"), 400, "malformed-path"),
    ];
    for (request, status, kind) in cases {
        send(&router, request).await.assert_problem(status, kind);
    }
}

#[tokio::test]
async fn an_empty_body_has_no_fields() {
    let request = Request::post("/things/1/rename")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router(), request).await;
    reply.assert_problem(422, "invalid-request");
    assert_eq!(bad_fields(&reply), ["name", "size"]);
}
