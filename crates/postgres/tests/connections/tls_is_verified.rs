//! Over TLS, the server is trusted only with a certificate that is signed by who is trusted, for
//! the name it was called by, and not out of date. What is wrong is said, and how to mend it.

use std::path::PathBuf;

use annals_core::EventStore;
use annals_postgres::{Postgres, PostgresError, PostgresStore};
use annals_servers::{Authority, ClusterOptions, PostgresCluster, TlsFiles};

use crate::admin::Admin;

/// All of them check everything.
const MODES: [&str; 3] = ["verify-full", "verify-ca", "require"];

fn server(files: TlsFiles) -> PostgresCluster {
    PostgresCluster::start_with(ClusterOptions::new().tls(files)).unwrap()
}

/// The URL of a server, over TLS, with an authority that is trusted.
fn url(server: &str, mode: &str, trusted: &Authority) -> String {
    let file = trusted.file();
    format!("{server}?sslmode={mode}&sslrootcert={}", file.display())
}

async fn refusal(url: &str) -> PostgresError {
    Postgres::connect(url).await.expect_err("it is refused")
}

async fn assert_untrusted(url: &str, advice: &str) {
    let refusal = refusal(url).await;
    assert!(
        matches!(refusal, PostgresError::Untrusted { .. }),
        "{refusal:?}"
    );
    assert!(refusal.to_string().contains(advice), "{refusal}");
}

#[tokio::test]
async fn every_connection_of_a_store_is_encrypted() {
    let authority = Authority::named("ours");
    let server = server(authority.certify("127.0.0.1"));
    let url = url(&server.url(), "verify-full", &authority);
    let postgres = Postgres::connect(&url).await.unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    store.head().await.unwrap();

    let admin = Admin::of(&server).await;
    let ours =
        "from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'annals'";
    // One reads, one listens.
    let encrypted = format!("(select count(*) = 2 and bool_and(ssl) {ours})");
    admin.wait_until(&encrypted).await;
}

#[tokio::test]
async fn a_certificate_that_somebody_else_signed_is_refused() {
    let server = server(Authority::named("ours").certify("127.0.0.1"));
    for (mode, name) in [
        ("verify-full", "theirs"),
        ("verify-ca", "theirs"),
        ("require", "theirs"),
        ("verify-full", "ours"),
    ] {
        let authority = Authority::named(name);
        let url = url(&server.url(), mode, &authority);
        let advice = "name the certificate of who signed it by sslrootcert";
        assert_untrusted(&url, advice).await;
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::named("ours");
    let server = server(authority.certify("127.0.0.1"));
    let by_name = server.url().replace("127.0.0.1", "localhost");
    for mode in MODES {
        let url = url(&by_name, mode, &authority);
        assert_untrusted(&url, "not for localhost: connect by a name it is for").await;
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_refused() {
    let authority = Authority::named("ours");
    let server = server(authority.certify_too_long_ago("127.0.0.1"));
    let url = url(&server.url(), "verify-full", &authority);
    assert_untrusted(&url, "has expired: give the server a new one").await;
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    let (server, authority) = (annals_servers::postgres_url(), Authority::named("ours"));
    for mode in MODES {
        let url = url(&server, mode, &authority);
        assert_untrusted(&url, "it offers no TLS: turn its setting ssl on").await;
    }
}

#[tokio::test]
async fn certificates_that_cannot_be_trusted_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let empty = write("empty.pem", "");
    let broken = write(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    for path in [empty, broken, PathBuf::from("/no/such/file.pem")] {
        let url = format!(
            "postgres://127.0.0.1/bank?sslmode=verify-full&sslrootcert={}",
            path.display()
        );
        let refusal = refusal(&url).await;
        assert!(
            matches!(refusal, PostgresError::Certificates { .. }),
            "{refusal:?}"
        );
        assert!(
            refusal.to_string().contains(path.to_str().unwrap()),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn plain_text_does_for_a_server_on_this_machine_though_it_offers_tls() {
    let server = server(Authority::named("ours").certify("127.0.0.1"));
    Postgres::connect(&server.url()).await.unwrap();
}
