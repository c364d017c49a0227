//! Encrypted calls: they reach a server that is trusted for its name, and no other.

use std::sync::Arc;

use hyper::StatusCode;
use rcgen::CertifiedKey;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A server with a certificate for `localhost`, signed by nobody else.
struct Server {
    port: u16,
    certificate: RootCertStore,
}

impl Server {
    async fn start() -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let mut certificate = RootCertStore::empty();
        certificate.add(certified.cert.der().clone()).unwrap();
        let acceptor = acceptor(&certified);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                answer(&acceptor, connection).await;
            }
        });
        Self { port, certificate }
    }

    async fn call(&self, client: &Client, host: &str) -> Result<StatusCode, NoAnswer> {
        let request = Request::post(format!("https://{host}:{}/", self.port));
        let answer = client.send(request.body(Full::default()).unwrap()).await;
        answer.map(|answer| answer.status)
    }
}

fn trusting(roots: RootCertStore) -> Client {
    let this_machine = AllowedHosts::public().and_inside(["localhost", "127.0.0.1"]);
    Client::trusting(roots, this_machine)
}

fn acceptor(certified: &CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let config = ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

/// Whoever does not trust the certificate sends nothing.
async fn answer(acceptor: &TlsAcceptor, connection: TcpStream) {
    let Ok(mut connection) = acceptor.accept(connection).await else {
        return;
    };
    let mut request = [0; 1024];
    let read = connection.read(&mut request).await.unwrap();
    assert!(request[..read].starts_with(b"POST / "));
    let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    connection.write_all(answer).await.unwrap();
    connection.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_trusted_is_called() {
    let server = Server::start().await;
    let client = trusting(server.certificate.clone());
    let answer = server.call(&client, "localhost").await;
    assert_eq!(answer.unwrap(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_server_that_is_not_trusted_or_of_another_name_gets_nothing() {
    let server = Server::start().await;
    let strange = trusting(RootCertStore::empty());
    let trusting = trusting(server.certificate.clone());
    for (client, host) in [(strange, "localhost"), (trusting, "127.0.0.1")] {
        let refused = server.call(&client, host).await.unwrap_err();
        assert!(refused.to_string().contains("certificate"), "{refused}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let server = Server::start().await;
    let client = Client::trusting(server.certificate.clone(), AllowedHosts::public());
    let refused = server.call(&client, "localhost").await.unwrap_err();
    assert!(
        refused.to_string().contains("no public address"),
        "{refused}"
    );
}
