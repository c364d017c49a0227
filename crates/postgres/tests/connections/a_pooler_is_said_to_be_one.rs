//! Whoever puts a pooler in between learns what has to be said, and what it costs.

use std::io;
use std::sync::{Arc, Mutex};

use annals_postgres::{Postgres, PostgresError, PostgresStore};
use tracing_subscriber::fmt::MakeWriter;

use crate::place::Place;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What is logged while a store is opened.
async fn log_of_opening(url: &str) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    // The test has one thread.
    let _logging = tracing::subscriber::set_default(subscriber);
    let postgres = Postgres::connect(url).await.unwrap();
    PostgresStore::open(&postgres).await.unwrap();
    log.text()
}

#[tokio::test]
async fn a_store_behind_a_pooler_says_that_its_subscriptions_poll() {
    let pooled = format!("{}?pooler=true", annals_servers::pgbouncer_url());
    let log = log_of_opening(&Place::on(pooled).url()).await;
    assert!(
        log.contains("WARN") && log.contains("behind a pooler"),
        "{log}"
    );

    let direct = annals_servers::postgres_url();
    let log = log_of_opening(&Place::on(direct).url()).await;
    assert!(!log.contains("pooler"), "{log}");
}

#[tokio::test]
async fn a_pooler_that_was_not_told_of_is_found() {
    let url = Place::on(annals_servers::pgbouncer_url()).url();
    let refusal = Postgres::connect(&url).await.err().unwrap();
    assert!(matches!(refusal, PostgresError::Options(_)), "{refusal:?}");
    assert!(refusal.to_string().contains("pooler=true"), "{refusal}");
}
