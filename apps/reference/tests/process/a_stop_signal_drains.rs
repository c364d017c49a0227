//! SIGTERM: a request in flight is answered, the process ends well, and nothing is lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use annals::sqlite::rusqlite::Connection;
use tempfile::TempDir;

/// A service in a process of its own.
struct Service {
    process: Child,
    address: String,
    log: BufReader<ChildStderr>,
}

impl Service {
    fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_annals-reference"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--log-format",
                "json",
                "--data-dir",
            ])
            .arg(data)
            .env("RUST_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut greeting).unwrap();
        let address = greeting.split("http://").nth(1).unwrap();
        let address = address.split_whitespace().next().unwrap().to_owned();
        let log = BufReader::new(process.stderr.take().unwrap());
        Self {
            process,
            address,
            log,
        }
    }

    fn signal_to_stop(&self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Reads the log until a line tells of something.
    fn wait_for_log(&mut self, text: &str) {
        let mut line = String::new();
        while self.log.read_line(&mut line).unwrap() > 0 {
            if line.contains(text) {
                return;
            }
            line.clear();
        }
        panic!("the log ended without {text:?}");
    }

    fn wait_for_end(mut self) {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}: {rest}");
    }

    fn get(&self, path: &str) -> String {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Sends a request after which the connection is closed.
    fn send(&self, request: &str) -> String {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn a_request_in_flight_is_answered_and_the_end_is_clean() {
    let data = TempDir::new().unwrap();
    let mut service = Service::start(data.path());
    let body = r#"{"accountId": "acc-1", "ownerId": "me", "initialDeposit": "5.00"}"#;
    let head = format!(
        "POST /accounts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = TcpStream::connect(&service.address).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    // The handler asks for the body now, so the request is in flight.
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");

    service.signal_to_stop();
    service.wait_for_log("draining");
    connection.write_all(body.as_bytes()).unwrap();
    let mut rest = String::new();
    answer.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("HTTP/1.1 201 Created"), "{rest}");
    service.wait_for_end();

    let service = Service::start(data.path());
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
    service.signal_to_stop();
    service.wait_for_end();
    assert_eq!(
        checkpoints(data.path()),
        [3; 4],
        "written also where there was nothing to apply"
    );
}

/// How far each projection says it is.
fn checkpoints(data: &Path) -> Vec<i64> {
    let database = Connection::open(data.join("read-models.db")).unwrap();
    let mut query = database
        .prepare("select position from annals_checkpoints")
        .unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
