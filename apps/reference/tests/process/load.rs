//! Clients that pay into accounts over several services, each payment once whoever carries it out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::service::{Service, send};

/// Few, since each look compares with all that they have done so far.
const CLIENTS: usize = 2;

/// A client goes to another service when this one is silent for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// Clients at work.
pub(crate) struct Load {
    done: Arc<AtomicBool>,
    clients: Vec<JoinHandle<(String, usize)>>,
}

impl Load {
    /// Each client has an account of its own, and goes from service to service.
    pub(crate) fn on(services: &[Service]) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let addresses: Vec<_> = services.iter().map(|it| it.address().to_owned()).collect();
        let client = |number| {
            let client = Client {
                addresses: addresses.clone(),
                account: format!("acc-{number}"),
            };
            let done = Arc::clone(&done);
            thread::spawn(move || client.pay_until(&done))
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { done, clients }
    }

    /// How often each account was paid into, once all clients have their last answer.
    pub(crate) fn stop(self) -> Vec<(String, usize)> {
        self.done.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        clients.map(|client| client.join().unwrap()).collect()
    }
}

struct Client {
    addresses: Vec<String>,
    account: String,
}

impl Client {
    fn pay_until(self, done: &AtomicBool) -> (String, usize) {
        let open = format!(r#"{{"accountId":"{}","ownerId":"me"}}"#, self.account);
        self.post(0, "/accounts", &open);
        let path = format!("/accounts/{}/deposit", self.account);
        let mut paid = 0;
        while !done.load(Ordering::Relaxed) {
            self.post(1 + paid, &path, r#"{"amount":"1.00"}"#);
            paid += 1;
        }
        (self.account, paid)
    }

    /// Sends the request of a number to one service after the other, until it is answered.
    fn post(&self, number: usize, path: &str, body: &str) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Content-Type: application/json\r\nIdempotency-Key: k-{number}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let services = self.addresses.iter().cycle().skip(number);
        for address in services {
            match send(address, &request, PATIENCE) {
                Ok(answer) if answer.starts_with("HTTP/1.1 20") => return,
                // Paused for too long, or it cannot reach the database in time.
                Ok(answer) if answer.is_empty() || answer.starts_with("HTTP/1.1 503") => {}
                Err(error) if is_silence(&error) => {}
                unexpected => panic!("{}: {unexpected:?}", self.account),
            }
        }
    }
}

/// A paused process lets the system take its calls, and answers none.
fn is_silence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
