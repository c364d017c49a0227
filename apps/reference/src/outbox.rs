//! The outbox: what the webhook is told, to a stream of Redis or a subject of NATS.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use annals::outbox::{
    Data, Destination, DestinationError, NatsSubjects, Outbox, Publication, RedisStreams,
};
use annals::{EffectError, EffectStart, Recorded, RecordedEvent};
use axum::http::Uri;

use crate::accounts::AccountEvent;
use crate::webhook::AccountsTold;

/// The Redis stream, and the NATS subject.
pub const TOPIC: &str = "bank.accounts";

/// The JetStream stream that must hold the subject.
pub const JETSTREAM: &str = "BANK";

/// Tells a broker each event of an account, once in effect, in the order of the log.
pub type AccountsOutbox = Outbox<AccountsPublished, Box<dyn Destination>>;

/// What the webhook is told, for any number of readers: in one order, because nobody could find a stream
/// for each account, and not every id of an account is fit for a subject.
#[derive(Debug)]
pub struct AccountsPublished;

impl Publication for AccountsPublished {
    type Event = AccountEvent;
    const NAME: &'static str = "outbox";
    const CATEGORIES: &'static [&'static str] = AccountsTold::CATEGORIES;
    const START: EffectStart = AccountsTold::START;

    fn source(&self) -> &str {
        AccountsTold.source()
    }

    fn topic(_: &RecordedEvent) -> String {
        TOPIC.to_owned()
    }

    fn data(&self, event: &Recorded<AccountEvent>) -> Result<Option<Data>, EffectError> {
        AccountsTold.data(event)
    }
}

/// An outbox to the broker at a URL, whose certificate is signed by those of a file, or by whom this
/// machine trusts.
///
/// # Errors
/// [`OutboxError::Url`], [`OutboxError::Unencrypted`] and [`OutboxError::Destination`].
pub fn outbox(url: &BrokerUrl, authority: Option<&Path>) -> Result<AccountsOutbox, OutboxError> {
    let broker: Box<dyn Destination> = match url.protocol()? {
        Protocol::Redis => {
            let redis = RedisStreams::at(&url.0)?;
            match authority {
                Some(file) => Box::new(redis.trusting(file)?),
                None => Box::new(redis),
            }
        }
        Protocol::Nats => {
            let nats = NatsSubjects::at(&url.0, JETSTREAM)?;
            match authority {
                Some(file) => Box::new(nats.trusting(file)?),
                None => Box::new(nats),
            }
        }
    };
    Ok(Outbox::new(AccountsPublished, broker))
}

/// The URL of a broker. It may hold a password, so it is never shown.
#[derive(Clone)]
pub struct BrokerUrl(String);

enum Protocol {
    Redis,
    Nats,
}

impl BrokerUrl {
    /// True if it holds something that should not be seen: a password, or a token, which stands where a
    /// user does.
    pub(crate) fn has_credentials(&self) -> bool {
        self.0.contains('@')
    }

    /// How its server is spoken to, if that is safe.
    fn protocol(&self) -> Result<Protocol, OutboxError> {
        let uri: Uri = self.0.parse().map_err(|_| OutboxError::Url)?;
        let host = uri.host().ok_or(OutboxError::Url)?;
        match uri.scheme_str() {
            Some("rediss") => Ok(Protocol::Redis),
            Some("tls") => Ok(Protocol::Nats),
            Some("redis") if is_this_machine(host) => Ok(Protocol::Redis),
            Some("nats") if is_this_machine(host) => Ok(Protocol::Nats),
            Some("redis" | "nats") => Err(OutboxError::Unencrypted),
            _ => Err(OutboxError::Url),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl From<String> for BrokerUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrokerUrl(…)")
    }
}

/// Why no broker can be told anything at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The URL is of no broker that is known. It is not shown, as it may hold a password.
    /// **Do:** give one of Redis or NATS.
    #[error(
        "--outbox: the URL must be rediss://user:password@host:port/database for Redis or \
         tls://user:password@host:port for NATS; redis:// and nats:// are for this machine"
    )]
    Url,

    /// The connection would not be encrypted, and the broker is not on this machine.
    /// **Do:** turn TLS on there, and give the URL that says so.
    #[error(
        "--outbox: what happens would go unencrypted to another machine: use rediss:// for Redis or \
         tls:// for NATS"
    )]
    Unencrypted,

    /// A password or a token stands on the command line, which everybody on the machine can read.
    /// **Do:** give the URL in a variable or in a file.
    #[error(
        "the URL of --outbox holds a password or token that others can read on the command line: \
         give it as ANNALS_OUTBOX, or in a file with --outbox-file"
    )]
    CredentialsInArguments,

    /// The file with the URL cannot be read.
    /// **Do:** check its path and its rights.
    #[error("file {path} of --outbox-file: {source}")]
    UrlFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// The broker cannot be used.
    /// **Do:** what its own message says; certificates are those of `--outbox-ca-file`.
    #[error("--outbox: {0}")]
    Destination(#[from] DestinationError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(url: &str) -> Result<AccountsOutbox, OutboxError> {
        outbox(&BrokerUrl(url.to_owned()), None)
    }

    #[test]
    fn what_happens_leaves_the_machine_encrypted_or_not_at_all() {
        for safe in [
            "rediss://me:s3cret@redis.example:6379/0",
            "tls://t0ken@nats.example:4222",
            "redis://127.0.0.1:6379",
            "redis://:s3cret@localhost/1",
            "nats://[::1]:4222",
        ] {
            assert!(opened(safe).is_ok(), "{safe}");
        }
        for plain in [
            "redis://redis.example",
            "nats://10.0.0.1:4222",
            "redis://localhost.example",
            "redis://localhost@redis.example",
        ] {
            let refused = opened(plain);
            assert!(matches!(refused, Err(OutboxError::Unencrypted)), "{plain}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_broker_is_refused() {
        for unknown in [
            "",
            "redis.example",
            "localhost:6379",
            "https://redis.example",
            "ws://localhost:4222",
            "redis+unix:///run/redis.sock",
            "rediss://",
            "rediss://redis.example/#insecure",
            "rediss://redis.example/many",
        ] {
            assert!(opened(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn a_url_is_not_shown() {
        let url = BrokerUrl("tls://t0ken@nats.example".to_owned());
        assert!(!format!("{url:?}").contains("t0ken"));
    }
}
