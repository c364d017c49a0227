//! The service in a process of its own, and requests to it.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::place::NewPlace;

/// Longest silence before an answer is given up: longer than the service itself may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A running service; killed when dropped.
pub(crate) struct Service {
    process: Child,
    address: String,
    log: Receiver<String>,
}

impl Service {
    pub(crate) fn start(place: &NewPlace) -> Self {
        Self::start_with(place, &[])
    }

    /// The same, told more by variables.
    pub(crate) fn start_with(place: &NewPlace, more: &[(&str, OsString)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_annals-reference"))
            .args(["--listen", "127.0.0.1:0", "--log-format", "json"])
            .env("RUST_LOG", "info")
            .envs(place.variables())
            .envs(more.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut greeting).unwrap();
        let address = greeting.split("http://").nth(1).unwrap();
        let address = address.split_whitespace().next().unwrap().to_owned();
        let log = lines(process.stderr.take().unwrap());
        Self {
            process,
            address,
            log,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends a signal by its name: `TERM`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Reads the log until a line tells of something.
    pub(crate) fn wait_for_log(&self, text: &str) {
        let told = self.log.iter().any(|line| line.contains(text));
        assert!(told, "the log ended without {text:?}");
    }

    pub(crate) fn wait_for_end(mut self) {
        let rest: Vec<String> = self.log.iter().collect();
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}: {rest:#?}");
    }

    /// Kills it; all of its log that nobody has read.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.log.iter().collect()
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Sends a request after which the connection is closed.
    pub(crate) fn send(&self, request: &str) -> String {
        send(&self.address, request, ANSWER_WITHIN).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already, and nobody is left to tell.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// Sends a request after which the connection is closed; an error after so long a silence.
pub(crate) fn send(address: &str, request: &str, patience: Duration) -> io::Result<String> {
    let address = address.parse().expect("a service says where it listens");
    let mut connection = TcpStream::connect_timeout(&address, patience)?;
    connection.set_read_timeout(Some(patience))?;
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Read as they come, so that whoever writes them never waits.
fn lines(log: impl Read + Send + 'static) -> Receiver<String> {
    let (read, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            // A test that reads no more lines still lets the service write them.
            let _unread = read.send(line);
        }
    });
    lines
}
