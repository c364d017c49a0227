//! A broker that cannot be reached: neither the log nor the operations of the service tell its password.

use tempfile::TempDir;

use crate::place::NewPlace;
use crate::service::Service;

const TOKEN: &str = "correct-horse-battery-staple";

#[test]
fn no_password_of_redis_is_logged() {
    tells_no_secret("redis://me:s3cret@127.0.0.1:1");
}

#[test]
fn no_password_of_nats_is_logged() {
    tells_no_secret("nats://me:s3cret@127.0.0.1:1");
}

#[test]
fn no_token_of_nats_is_logged() {
    tells_no_secret("nats://s3cret@127.0.0.1:1");
}

fn tells_no_secret(broker: &str) {
    let (place, directory) = (NewPlace::directory(), TempDir::new().unwrap());
    let token = directory.path().join("token");
    std::fs::write(&token, TOKEN).unwrap();
    let variables = [
        ("ANNALS_OUTBOX", broker.into()),
        ("ANNALS_OPERATIONS_TOKEN_FILE", token.into()),
        ("RUST_LOG", "trace".into()),
    ];
    let service = Service::start_with(&place, &variables);
    let body = r#"{"accountId": "acc-1", "ownerId": "me"}"#;
    let opened = service.send(&format!(
        "POST /accounts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(opened.starts_with("HTTP/1.1 201"), "{opened}");
    let overview = overview_once_it_failed(&service);
    assert!(!overview.contains("s3cret"), "{overview}");
    let log = service.kill();
    assert!(log.iter().any(|line| line.contains("TRACE")), "{log:#?}");
    for line in log {
        assert!(!line.contains("s3cret"), "{line}");
    }
}

fn overview_once_it_failed(service: &Service) -> String {
    let request = format!(
        "GET /operations/projections/outbox HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Authorization: Bearer {TOKEN}\r\n\r\n"
    );
    loop {
        let overview = service.send(&request);
        assert!(overview.starts_with("HTTP/1.1 200"), "{overview}");
        if overview.contains(r#""lastError":{"#) {
            return overview;
        }
    }
}
