//! A broker, and what its readers see.

use std::ffi::OsString;
use std::time::Duration;

use annals::outbox::async_nats::jetstream::stream::{Config, Stream};
use annals::outbox::async_nats::{ConnectOptions, HeaderMap, jetstream};
use annals_reference::outbox::{
    AccountsOutbox, BrokerUrl, JETSTREAM, REDIS_KEEPS_ABOUT, TOPIC, outbox,
};
use annals_servers::{Authority, Broker};
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{AsyncConnectionConfig, TlsCertificates};
use serde_json::{Map, Value};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(120);

/// For so short NATS recognises a repeat by its id, so that all else is what keeps it out.
const WINDOW: Duration = Duration::from_millis(100);

/// A broker that holds nothing yet.
pub(crate) struct NewBroker {
    server: Broker,
    authority: Authority,
    reader: Reader,
}

enum Reader {
    Redis(MultiplexedConnection),
    Nats(Box<Stream>),
}

impl NewBroker {
    pub(crate) async fn redis() -> Self {
        let authority = Authority::named("ours");
        let server = Broker::redis_with_tls(&authority.certify("127.0.0.1")).unwrap();
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: Some(std::fs::read(authority.file()).unwrap()),
        };
        let client = redis::Client::build_with_tls(server.url(), certificates).unwrap();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(LONG))
            .set_response_timeout(Some(LONG));
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let connection = connecting.await.unwrap();
        Self {
            server,
            authority,
            reader: Reader::Redis(connection),
        }
    }

    pub(crate) async fn nats() -> Self {
        let authority = Authority::named("ours");
        let server = Broker::nats_with_tls(&authority.certify("127.0.0.1")).unwrap();
        let options = ConnectOptions::new().add_root_certificates(authority.file().to_owned());
        let client = options.connect(server.url()).await.unwrap();
        let config = Config {
            name: JETSTREAM.to_owned(),
            subjects: vec![TOPIC.to_owned()],
            duplicate_window: WINDOW,
            ..Config::default()
        };
        let mut context = jetstream::new(client);
        context.set_timeout(LONG);
        let stream = context.create_stream(config).await.unwrap();
        Self {
            server,
            authority,
            reader: Reader::Nats(Box::new(stream)),
        }
    }

    /// Stops it in its tracks, or has it go on.
    pub(crate) fn server(&self) -> &Broker {
        &self.server
    }

    /// What tells it.
    pub(crate) fn outbox(&self) -> AccountsOutbox {
        let url = BrokerUrl::from(self.server.url());
        outbox(&url, Some(self.authority.file()), REDIS_KEEPS_ABOUT).unwrap()
    }

    /// What makes the program tell it.
    pub(crate) fn variables(&self) -> [(&'static str, OsString); 2] {
        [
            ("ANNALS_OUTBOX", self.server.url().into()),
            ("ANNALS_OUTBOX_CA_FILE", self.authority.file().into()),
        ]
    }

    /// All that it was told, each as one object.
    pub(crate) async fn told(&mut self) -> Vec<Value> {
        match &mut self.reader {
            Reader::Redis(connection) => entries(connection).await,
            Reader::Nats(stream) => messages(stream).await,
        }
    }

    /// How much it was told.
    async fn count(&mut self) -> u64 {
        match &mut self.reader {
            Reader::Redis(connection) => {
                let mut count = redis::cmd("XLEN");
                count.arg(TOPIC).query_async(connection).await.unwrap()
            }
            Reader::Nats(stream) => stream.info().await.unwrap().state.messages,
        }
    }

    /// Waits until it was told so much.
    pub(crate) async fn until_told(&mut self, number: usize) {
        let number = u64::try_from(number).unwrap();
        let telling = async {
            while self.count().await < number {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, telling).await.unwrap();
    }
}

async fn entries(connection: &mut MultiplexedConnection) -> Vec<Value> {
    let mut range = redis::cmd("XRANGE");
    range.arg(TOPIC).arg("-").arg("+");
    let found: StreamRangeReply = range.query_async(connection).await.unwrap();
    let entries = found.ids.into_iter();
    entries
        .map(|entry| {
            let fields = entry.map.into_iter();
            event(fields.map(|(name, value)| (name, redis::from_redis_value(value).unwrap())))
        })
        .collect()
}

async fn messages(stream: &mut Stream) -> Vec<Value> {
    let last = stream.info().await.unwrap().state.last_sequence;
    let mut messages = Vec::new();
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let data = String::from_utf8(message.payload.to_vec()).unwrap();
        let attributes = attributes(&message.headers);
        messages.push(event(attributes.chain([("data".to_owned(), data)])));
    }
    messages
}

/// As the binding of CloudEvents to NATS has them.
fn attributes(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers.iter().filter_map(|(name, values)| {
        let name = match name.to_string().as_str() {
            "content-type" => "datacontenttype".to_owned(),
            name => name.strip_prefix("ce-")?.to_owned(),
        };
        Some((name, values[0].to_string()))
    })
}

fn event(attributes: impl Iterator<Item = (String, String)>) -> Value {
    let attributes = attributes.map(|(name, text)| match name.as_str() {
        "data" => (name, serde_json::from_str(&text).unwrap()),
        _ => (name, Value::String(text)),
    });
    Value::Object(attributes.collect::<Map<_, _>>())
}
