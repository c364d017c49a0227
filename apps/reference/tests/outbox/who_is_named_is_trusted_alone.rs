//! Whose certificates are named in a file is trusted, and nobody else, also if the machine trusts them.

use std::ffi::OsString;

use annals_servers::Authority;

use crate::broker::NewBroker;
use crate::client::post;
use crate::place::NewPlace;
use crate::service::Service;

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_trusted_by_who_is_named_alone() {
    is_trusted_by_who_is_named_alone(NewBroker::redis().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_is_trusted_by_who_is_named_alone() {
    is_trusted_by_who_is_named_alone(NewBroker::nats().await).await;
}

async fn is_trusted_by_who_is_named_alone(mut broker: NewBroker) {
    let (place, other) = (NewPlace::directory(), Authority::named("other"));
    let [url, (_, theirs)] = broker.variables();
    let machine = ("SSL_CERT_FILE", theirs);
    let named = ("ANNALS_OUTBOX_CA_FILE", OsString::from(other.file()));
    let service = Service::start_with(&place, &[url.clone(), machine.clone(), named]);
    let open = r#"{"accountId":"acc-1","ownerId":"me"}"#;
    post(&service, "open", "/accounts", open);
    service.wait_for_log("invalid peer certificate");
    drop(service);
    // With nobody named, it is for the machine to say.
    let _service = Service::start_with(&place, &[url, machine]);
    broker.until_told(1).await;
}
