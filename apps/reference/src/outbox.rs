//! The outbox: what the webhook is told, to a stream of Redis or a subject of NATS.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use annals::outbox::{
    Data, Destination, DestinationError, NatsSubjects, Outbox, Publication, RedisStreams,
};
use annals::{EffectError, EffectStart, Recorded, RecordedEvent};
use axum::http::Uri;

use crate::accounts::AccountEvent;
use crate::this_machine;
use crate::webhook::AccountsTold;

/// The Redis stream, and the NATS subject.
pub const TOPIC: &str = "bank.accounts";

/// So many entries the Redis stream keeps, about, unless it is said otherwise.
pub const REDIS_KEEPS_ABOUT: u64 = 1_000_000;

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
    const TAGS: &'static [&'static str] = AccountsTold::TAGS;
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
/// machine trusts. A stream of Redis keeps about so many entries; one of NATS has limits of its own.
///
/// It repeats for as long as it takes: all events are in one topic, so that nothing could go on past one
/// that was given up.
///
/// # Errors
/// [`OutboxError::Url`], [`OutboxError::Unencrypted`] and [`OutboxError::Destination`].
pub fn outbox(
    url: &BrokerUrl,
    authority: Option<&Path>,
    redis_keeps_about: u64,
) -> Result<AccountsOutbox, OutboxError> {
    let broker: Box<dyn Destination> = match url.protocol()? {
        Protocol::Redis => {
            let redis = RedisStreams::at(&url.0)?.keeping_about(redis_keeps_about);
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
    Ok(Outbox::new(AccountsPublished, broker).giving_up_after(Duration::MAX))
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
            Some("redis") if this_machine::is_at(host) => Ok(Protocol::Redis),
            Some("nats") if this_machine::is_at(host) => Ok(Protocol::Nats),
            Some("redis" | "nats") => Err(OutboxError::Unencrypted),
            _ => Err(OutboxError::Url),
        }
    }
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

    /// There are two URLs, and it is not said which one counts.
    /// **Do:** take one away.
    #[error("--outbox and --outbox-file both give a URL: keep one of them")]
    TwoUrls,

    /// It is said whom a broker is trusted by, and not which broker.
    /// **Do:** give its URL, or take the certificates away.
    #[error("--outbox-ca-file is for the broker of --outbox or --outbox-file, and there is none")]
    AuthorityOfNobody,

    /// The broker cannot be used.
    /// **Do:** what its own message says; certificates are those of `--outbox-ca-file`.
    #[error("--outbox: {0}")]
    Destination(#[from] DestinationError),
}

#[cfg(test)]
mod tests {
    use annals::Effect;

    use super::*;

    fn opened(url: &str) -> Result<AccountsOutbox, OutboxError> {
        outbox(&BrokerUrl(url.to_owned()), None, REDIS_KEEPS_ABOUT)
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
    fn an_outage_is_never_too_long() {
        let outbox = opened("redis://localhost").unwrap();
        assert_eq!(outbox.gives_up_after(), Some(Duration::MAX));
    }

    #[test]
    fn a_url_is_not_shown() {
        let url = BrokerUrl("tls://t0ken@nats.example".to_owned());
        assert!(!format!("{url:?}").contains("t0ken"));
    }
}
