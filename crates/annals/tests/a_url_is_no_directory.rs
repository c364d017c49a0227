//! Whoever mistypes a URL is told, instead of finding the data in a directory of that name.

use std::path::Path;

use annals::{Annals, Error};

#[tokio::test]
async fn a_url_of_an_unknown_kind_is_refused_and_makes_no_directory() {
    for url in [
        "nats://host:4222",
        "Postgres://host/bank",
        "postgress://host/bank",
    ] {
        let refused = Annals::open(url).start().await.unwrap_err();
        assert!(matches!(&refused, Error::UnknownPlace(place) if place == url));
        assert!(!Path::new(url.split_once('/').unwrap().0).exists());
    }
}

#[tokio::test]
async fn a_refused_url_is_shown_without_its_password() {
    let refused = Annals::open("mysql://bank:secret@host/bank").start().await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("mysql://…@host/bank"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}
