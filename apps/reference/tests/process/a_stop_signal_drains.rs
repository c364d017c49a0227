//! SIGTERM: a request in flight is answered, the process ends well, and nothing is lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::place::{NewPlace, in_each_place};
use crate::service::Service;
use crate::tables::{READ_MODELS, Tables};

in_each_place![a_request_in_flight_is_answered_and_the_end_is_clean];

async fn a_request_in_flight_is_answered_and_the_end_is_clean(place: NewPlace) {
    let service = Service::start(&place);
    let body = r#"{"accountId": "acc-1", "ownerId": "me", "initialDeposit": "5.00"}"#;
    let head = format!(
        "POST /accounts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = TcpStream::connect(service.address()).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    // The handler asks for the body now, so the request is in flight.
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");

    service.signal("TERM");
    service.wait_for_log("draining");
    connection.write_all(body.as_bytes()).unwrap();
    let mut rest = String::new();
    answer.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("HTTP/1.1 201 Created"), "{rest}");
    service.wait_for_end();

    let service = Service::start(&place);
    let account = service.get("/accounts/acc-1?minPosition=2");
    assert!(account.starts_with("HTTP/1.1 200"), "{account}");
    assert!(
        account.contains(r#""balance":{"value":"5.00","currency":"USD"}"#),
        "{account}"
    );
    // A refusal under a key is an event that no projection asks for.
    let refused = service.send(
        "POST /accounts/acc-1/withdraw HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nIdempotency-Key: k-1\r\nContent-Length: 13\r\n\r\n\
         {\"amount\": 6}",
    );
    assert!(refused.starts_with("HTTP/1.1 422"), "{refused}");
    // What no projection has seen by the signal, none writes down.
    for path in [
        "/accounts",
        "/accounts/acc-1",
        "/accounts/acc-1/transactions",
        "/accounts/acc-1/daily",
        "/summary",
    ] {
        let answer = service.get(&format!("{path}?minPosition=3"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    service.signal("TERM");
    service.wait_for_end();
    let tables = Tables::of(&place).await;
    for name in READ_MODELS {
        let (checkpoint, _) = tables.read(name).await;
        assert_eq!(
            checkpoint.0, 3,
            "written also where there was nothing to apply: {name}"
        );
    }
}
