//! Requests to a service in a process of its own.

use crate::service::Service;

/// Asks for a change, and has it.
pub(crate) fn post(service: &Service, key: &str, path: &str, body: &str) {
    let answer = service.send(&format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nIdempotency-Key: {key}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}
