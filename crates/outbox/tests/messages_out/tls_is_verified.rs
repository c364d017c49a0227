//! Over TLS, a broker is told something only if its certificate is signed by who is trusted, for the
//! address it was called at, and not out of date.

use std::fs;

use annals_outbox::{Destination, DestinationError, NatsSubjects, Outbox, RedisStreams};
use annals_servers::{Authority, Broker, TlsFiles};
use async_nats::ConnectOptions;
use async_nats::jetstream::{self, stream::Config};

use crate::doors::{Doors, openings, tell_all, until_failed_by};

/// A topic, and the JetStream stream with it.
const HOUSE: &str = "House";

/// A certificate is for this.
const ADDRESS: &str = "127.0.0.1";

/// A broker with a certificate, told by an outbox that trusts somebody.
struct Pair {
    broker: Broker,
    outbox: Outbox<Doors, Box<dyn Destination>>,
}

impl Pair {
    fn redis(files: &TlsFiles, trusted: &Authority) -> Self {
        let broker = Broker::redis_with_tls(files).unwrap();
        let redis = RedisStreams::at(&broker.url()).unwrap();
        Self::of(broker, redis.trusting(trusted.file()).unwrap())
    }

    fn nats(files: &TlsFiles, trusted: &Authority) -> Self {
        let broker = Broker::nats_with_tls(files).unwrap();
        let nats = NatsSubjects::at(&broker.url(), HOUSE).unwrap();
        Self::of(broker, nats.trusting(trusted.file()).unwrap())
    }

    fn of(broker: Broker, destination: impl Destination) -> Self {
        let outbox = Outbox::new(Doors, Box::new(destination) as _);
        Self { broker, outbox }
    }

    async fn assert_refused(&self, because: &str) {
        until_failed_by(&self.outbox, &openings(HOUSE, 1)[0], because).await;
    }
}

#[tokio::test]
async fn redis_is_told_if_its_certificate_is_trusted() {
    let ours = Authority::named("ours");
    let redis = Pair::redis(&ours.certify(ADDRESS), &ours);
    tell_all(&redis.outbox, &openings(HOUSE, 1)).await;
}

#[tokio::test]
async fn nats_is_told_if_its_certificate_is_trusted() {
    let ours = Authority::named("ours");
    let nats = Pair::nats(&ours.certify(ADDRESS), &ours);
    make_stream(&nats.broker, &ours).await;
    tell_all(&nats.outbox, &openings(HOUSE, 1)).await;
}

async fn make_stream(broker: &Broker, trusted: &Authority) {
    let options = ConnectOptions::new().add_root_certificates(trusted.file().to_owned());
    let client = options.connect(broker.url()).await.unwrap();
    let config = Config {
        name: HOUSE.to_owned(),
        ..Config::default()
    };
    jetstream::new(client).create_stream(config).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_somebody_else_signed_is_refused() {
    // Of the same name: that alone does not make it trusted.
    let (ours, theirs) = (Authority::named("ours"), Authority::named("ours"));
    for pair in [Pair::redis, Pair::nats] {
        let pair = pair(&theirs.certify(ADDRESS), &ours);
        pair.assert_refused("invalid peer certificate").await;
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let ours = Authority::named("ours");
    for pair in [Pair::redis, Pair::nats] {
        let pair = pair(&ours.certify("broker.example"), &ours);
        pair.assert_refused("not valid for name").await;
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_refused() {
    let ours = Authority::named("ours");
    for pair in [Pair::redis, Pair::nats] {
        let pair = pair(&ours.certify_too_long_ago(ADDRESS), &ours);
        pair.assert_refused("expired").await;
    }
}

#[tokio::test]
async fn whom_nobody_named_is_trusted_only_if_the_machine_does() {
    let ours = Authority::named("ours");
    let files = ours.certify(ADDRESS);
    let redis = Broker::redis_with_tls(&files).unwrap();
    let streams = RedisStreams::at(&redis.url()).unwrap();
    let nats = Broker::nats_with_tls(&files).unwrap();
    let subjects = NatsSubjects::at(&nats.url(), HOUSE).unwrap();
    Pair::of(redis, streams).assert_refused("certificate").await;
    Pair::of(nats, subjects).assert_refused("certificate").await;
}

#[test]
fn a_file_that_makes_nobody_trusted_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, broken) = (folder.path().join("empty"), folder.path().join("broken"));
    let armour = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(&empty, "").unwrap();
    fs::write(&broken, armour).unwrap();
    for file in [empty, broken, folder.path().join("missing")] {
        let redis = RedisStreams::at("rediss://127.0.0.1").unwrap();
        let nats = NatsSubjects::at("tls://127.0.0.1", HOUSE).unwrap();
        let refusals = [redis.trusting(&file).err(), nats.trusting(&file).err()];
        for refused in refusals.map(Option::unwrap) {
            let named = file.to_str().unwrap();
            assert!(refused.to_string().contains(named), "{refused}");
        }
    }
}

#[test]
fn nobody_is_trusted_over_a_connection_that_is_not_encrypted() {
    let ours = Authority::named("ours");
    let redis = RedisStreams::at("redis://127.0.0.1").unwrap();
    let nats = NatsSubjects::at("nats://127.0.0.1", HOUSE).unwrap();
    let refusals = [
        redis.trusting(ours.file()).err(),
        nats.trusting(ours.file()).err(),
    ];
    for refused in refusals {
        let is_url = matches!(refused, Some(DestinationError::ServerUrl { .. }));
        assert!(is_url, "{refused:?}");
    }
}

#[test]
fn a_url_that_turns_verification_off_is_refused() {
    assert!(RedisStreams::at("rediss://127.0.0.1/").is_ok());
    let refused = RedisStreams::at("rediss://127.0.0.1/#insecure").err();
    let is_url = matches!(refused, Some(DestinationError::ServerUrl { .. }));
    assert!(is_url, "{refused:?}");
}
