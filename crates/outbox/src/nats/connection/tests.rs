use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

/// What a server says of itself that names another one.
const INFO: &str = r#"{"server_id":"a","max_payload":1024,"connect_urls":["192.0.2.1:4222"]}"#;

#[test]
fn what_the_client_logs_holds_no_password_and_no_token() {
    for url in ["tls://me:s3cret@nats.example:4222", "nats://s3cret@[::1]"] {
        let Server::At { address, .. } = Connection::at(url).unwrap().server else {
            panic!("it has an address");
        };
        assert!(!format!("{address:?}").contains("s3cret"), "{address:?}");
    }
}

#[test]
fn what_is_no_url_of_nats_is_refused_and_not_shown() {
    for url in [
        "https://s3cret@nats.example",
        "ws://s3cret@localhost",
        "tls://",
        "nats:s3cret",
    ] {
        let refused = Connection::at(url).err().unwrap().to_string();
        assert!(
            refused.contains("tls://") && !refused.contains("s3cret"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn servers_that_another_one_names_are_told_nothing_unencrypted() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", server.local_addr().unwrap());
    let connection = Connection::at(&url).unwrap().waiting_for(LONG);
    let greeted = async {
        let (mut client, _) = server.accept().await.unwrap();
        let info = format!("INFO {INFO}\r\n");
        client.write_all(info.as_bytes()).await.unwrap();
        // What it asks is whether the server is there.
        client.read_u8().await.unwrap();
        client.write_all(b"PONG\r\n").await.unwrap();
        client
    };
    let (client, _open) = tokio::join!(connection.connect(), greeted);
    let known = client.unwrap().server_pool().await.unwrap();
    assert_eq!(known.len(), 1, "{known:?}");
}
