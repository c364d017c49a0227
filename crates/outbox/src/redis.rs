//! Redis Streams: each event an entry whose id is its position, so that the server refuses a repeat.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use annals_core::{EffectError, EffectKey};
use async_trait::async_trait;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, RedisError, TlsCertificates,
};
use tokio::sync::Mutex;

use crate::authority;
use crate::destination::{Destination, Message};
use crate::error::{DeliveryError, DestinationError};

/// For the connection, the answer, and that to a look at what was refused: all together below what an
/// effect may take for an event, so that it learns what was wrong.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What a URL is refused with that is of another kind.
const NO_URL: DestinationError = DestinationError::ServerUrl {
    kind: "rediss://user:password@host:port/database",
};

/// What Redis says of an id that is not behind all others of the stream.
const NOT_BEHIND: &str = "equal or smaller";

/// The streams of a Redis server: each topic is the key of one.
///
/// An entry has the id `<position>-<part>`, and as fields the attributes of the
/// [`CloudEvent`](crate::CloudEvent) by their names, `datacontenttype` and `data`. Redis takes no id twice,
/// nor one before the last, for as long as the stream is there, however late the repeat and whoever
/// sends it; what is refused so is looked up, and counts as delivered if it is there.
#[derive(Debug)]
pub struct RedisStreams {
    client: Client,
    /// None is open before the first message, and after a failure.
    connection: Mutex<Option<MultiplexedConnection>>,
    timeout: Duration,
    keeps_about: Option<u64>,
}

impl RedisStreams {
    /// The streams of the server at a URL: `rediss://user:password@host:port/database`. With `redis://`
    /// nothing is encrypted, which is for this machine alone. Nobody is connected to before the first
    /// message.
    ///
    /// # Errors
    /// [`DestinationError::ServerUrl`] when it is no such URL.
    pub fn at(url: &str) -> Result<Self, DestinationError> {
        let client = Client::open(url).map_err(|_| NO_URL)?;
        let address = client.get_connection_info().addr();
        // The library would refuse it too, and not before the first message.
        if matches!(address, ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(NO_URL);
        }
        Ok(Self {
            client,
            connection: Mutex::default(),
            timeout: TIMEOUT,
            keeps_about: None,
        })
    }

    /// The same, that trusts a server at a `rediss://` URL only if its certificate is signed by those of a
    /// file, PEM, instead of those that the machine trusts.
    ///
    /// # Errors
    /// [`DestinationError::Authority`] when the file holds none, [`DestinationError::ServerUrl`] when the
    /// connection would not be encrypted.
    pub fn trusting(mut self, file: impl AsRef<Path>) -> Result<Self, DestinationError> {
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: Some(authority::read(file.as_ref())?),
        };
        let server = self.client.get_connection_info().clone();
        self.client = Client::build_with_tls(server, certificates).map_err(|_| NO_URL)?;
        Ok(self)
    }

    /// The same, that waits so long for a connection, and for each answer: 3 seconds unless said otherwise.
    #[must_use]
    pub fn waiting_for(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same, that trims each stream to about so many entries. Keep what readers may still want, and
    /// more than the 64 that are delivered again after a crash.
    #[must_use]
    pub fn keeping_about(mut self, entries: u64) -> Self {
        self.keeps_about = Some(entries);
        self
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let mut connection = self.connect().await?;
        let answer = command.query_async(&mut connection).await;
        if let Err(error) = &answer
            && (error.is_io_error() || error.is_unrecoverable_error())
        {
            *self.connection.lock().await = None;
        }
        answer
    }

    /// The open connection, or a new one.
    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut open = self.connection.lock().await;
        if let Some(connection) = &*open {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        Ok(open.insert(connecting.await?).clone())
    }

    fn add(&self, message: &Message) -> Cmd {
        let mut add = redis::cmd("XADD");
        add.arg(&message.topic);
        if let Some(entries) = self.keeps_about {
            add.arg("MAXLEN").arg("~").arg(entries);
        }
        add.arg(message.mark.to_string());
        for (name, value) in message.event.attributes() {
            add.arg(name).arg(value);
        }
        add.arg("datacontenttype")
            .arg(message.event.content_type.as_str())
            .arg("data")
            .arg(&message.event.data[..]);
        add
    }

    /// Whether an entry that was refused is there already.
    async fn find(&self, message: &Message) -> Result<(), EffectError> {
        let mark = message.mark.to_string();
        let mut range = redis::cmd("XRANGE");
        range.arg(&message.topic).arg(&mark).arg(&mark);
        let found: StreamRangeReply = self.ask(&range).await.map_err(judge)?;
        let (topic, mark) = (message.topic.clone(), message.mark);
        let Some(entry) = found.ids.into_iter().next() else {
            return Err(EffectError::event(DeliveryError::Passed { topic, mark }));
        };
        match is_of(&entry.map, message) {
            true => Ok(()),
            false => Err(EffectError::event(DeliveryError::Taken { topic, mark })),
        }
    }
}

#[async_trait]
impl Destination for RedisStreams {
    async fn deliver(&self, message: &Message, _: EffectKey) -> Result<(), EffectError> {
        match self.ask::<String>(&self.add(message)).await {
            Ok(_) => Ok(()),
            Err(error) if error.to_string().contains(NOT_BEHIND) => self.find(message).await,
            Err(error) => Err(judge(error)),
        }
    }
}

fn is_of(entry: &HashMap<String, redis::Value>, message: &Message) -> bool {
    let says = |name, expected: &str| {
        let value = entry.get(name);
        value.is_some_and(
            |value| matches!(value, redis::Value::BulkString(text) if text == expected.as_bytes()),
        )
    };
    says("id", &message.event.id) && says("source", &message.event.source)
}

/// A key that is no stream stays so, and what is too large stays too large; all else passes, or is mended
/// for all events at once.
fn judge(error: RedisError) -> EffectError {
    let is_too_large = error.to_string().contains("Protocol error");
    match error.code() {
        Some("WRONGTYPE") => EffectError::event(error),
        _ if is_too_large => EffectError::event(error),
        _ => EffectError::transient(error),
    }
}
