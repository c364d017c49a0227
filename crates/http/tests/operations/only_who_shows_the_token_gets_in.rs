//! Without the token nothing is told and nothing is done.

use annals_http::{BearerToken, UnfitToken};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::bank::{Balance, Bank, LONG, Service, TOKEN};

/// The method and the path of each route, of the projection and of a letter or a past of it.
///
/// Panics when the document of one does not say that it wants the token.
fn routes(service: &Service) -> Vec<(String, String)> {
    let document = serde_json::to_value(&service.document).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("{name}", "balances");
        let path = path.replace("{position}", "1").replace("{id}", "1");
        for (method, operation) in methods.as_object().unwrap() {
            assert_eq!(operation["security"], json!([{ "bearer": [] }]), "{path}");
            routes.push((method.to_uppercase(), format!("/operations{path}")));
        }
    }
    routes
}

#[tokio::test]
async fn a_request_without_the_token_is_refused_on_every_route() {
    let bank = Bank::new().await;
    let last = bank.deposit("1", &[-5]).await;
    let service = bank.run::<Balance>("1.0").await;
    service.projection.wait_for(last, LONG).await.unwrap();
    let routes = routes(&service);
    assert!(routes.len() >= 25, "{routes:?}");
    for (method, path) in routes {
        let request = Request::builder().method(&*method).uri(&path);
        let reply = service.send_as_it_is(request.body(Body::empty()).unwrap());
        let reply = reply.await;
        reply.assert_problem(401, "unauthorized");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
    assert!(service.projection.status().is_up_to_date(), "it runs on");
}

#[tokio::test]
async fn only_the_very_token_is_let_in() {
    let service = Bank::new().await.run::<Balance>("1.0").await;
    let shown_as = async |authorization: &str| {
        let request = Request::get("/operations/projections");
        let request = request.header("authorization", authorization);
        let reply = service.send_as_it_is(request.body(Body::empty()).unwrap());
        reply.await.status.as_u16()
    };
    assert_eq!(shown_as(&format!("Bearer {TOKEN}")).await, 200);
    assert_eq!(shown_as(&format!("bearer {TOKEN}")).await, 200);
    let shorter = &TOKEN[..TOKEN.len() - 1];
    for wrong in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        TOKEN.to_owned(),
        format!("Basic  {TOKEN}"),
        format!("Bearer {shorter}"),
        format!("Bearer {TOKEN}e"),
        format!("Bearer {shorter}E"),
        format!("Bearer  {TOKEN}"),
    ] {
        assert_eq!(shown_as(&wrong).await, 401, "{wrong}");
    }
}

#[test]
fn a_token_that_could_be_guessed_or_not_be_sent_is_none() {
    for unfit in [
        "",
        "fifteen-letters",
        "with spaces in it for sure",
        "ümlaut-ümlaut-ümlaut",
    ] {
        assert_eq!(unfit.parse::<BearerToken>().unwrap_err(), UnfitToken);
    }
    let too_long = "x".repeat(513).parse::<BearerToken>();
    assert_eq!(too_long.unwrap_err(), UnfitToken);
    let token: BearerToken = "sixteen-letters!".parse().unwrap();
    assert!(!format!("{token:?}").contains("sixteen"), "{token:?}");
}
