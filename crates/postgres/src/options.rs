//! Which database, and how it is used.

use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use crate::error::PostgresError;

#[cfg(test)]
mod tests;

/// Longest name of a schema: names have 63 bytes at most, and that of a schema beside it ends with
/// `_read_candidate`.
const SCHEMA_BYTES: usize = 48;

/// A process that is paused amid a transaction keeps its locks for so long, then the server takes
/// them back: whoever takes over its work need not wait for it to wake up.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);

/// Which database, and how it is used.
///
/// All of it can be said in the URL, as `postgres://user@host/database?schema=bank&pool_size=8`:
///
/// | parameter | meaning | unless given |
/// |---|---|---|
/// | `schema` | schema of the event store; read models are in `<schema>_read`, and what is made anew beside | `annals` |
/// | `pool_size` | most connections at once, beside two that write, one that listens, one that renews leases, and one in passing for new event types | 8 |
/// | `pooler=true` | a pooler in transaction mode is in between: nothing that lives in a session | false |
/// | `sslmode` | `disable`, or `verify-full`: also `require` and `verify-ca` check everything | plain text on this machine, else `verify-full` |
/// | `sslrootcert` | a PEM file of trusted certificates | those of the system |
/// | `insecure=true` | plain text to another machine, on a network that is trusted | false |
#[derive(Clone)]
pub struct PostgresOptions {
    pub(crate) config: Config,
    pub(crate) tls: Tls,
    pub(crate) schema: String,
    pub(crate) pool_size: usize,
    pub(crate) pooler: bool,
    /// Longest wait for a new connection, or for one that was free to answer.
    pub(crate) connect_timeout: Duration,
    /// Longest wait for a free connection.
    pub(crate) turn_timeout: Duration,
    /// Longest run of one statement.
    pub(crate) statement_timeout: Duration,
    /// Longest time in which an append is tried; after it, nobody knows.
    pub(crate) append_timeout: Duration,
}

/// How the connection is secured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Plain text.
    Off,
    /// The server's certificate and name are checked, against these certificates or the system's.
    Verified { roots: Option<PathBuf> },
}

/// What the URL says beyond what the driver knows.
#[derive(Default)]
struct Ours {
    schema: Option<String>,
    pool_size: Option<NonZeroUsize>,
    pooler: bool,
    insecure: bool,
    sslmode: Option<String>,
    sslrootcert: Option<PathBuf>,
}

impl PostgresOptions {
    /// Options as a URL says them.
    ///
    /// # Errors
    /// [`PostgresError::Options`] when it makes no sense, [`PostgresError::PlainText`] when it
    /// would send what it should not in plain text.
    pub fn new(url: &str) -> Result<Self, PostgresError> {
        let (ours, url) = Ours::of(url)?;
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            PostgresError::Options(crate::error::with_causes(&error))
        })?;
        let tls = ours.tls(&config)?;
        config.ssl_mode(match tls {
            Tls::Off => SslMode::Disable,
            Tls::Verified { .. } => SslMode::Require,
        });
        let options = Self {
            config,
            tls,
            schema: "annals".to_owned(),
            pool_size: ours.pool_size.map_or(8, NonZeroUsize::get),
            pooler: ours.pooler,
            connect_timeout: Duration::from_secs(5),
            turn_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            append_timeout: Duration::from_secs(10),
        };
        match ours.schema {
            Some(schema) => options.schema(&schema),
            None => Ok(options),
        }
    }

    /// Keeps everything in this schema, and read models in `<schema>_read`.
    ///
    /// # Errors
    /// [`PostgresError::Options`] unless it is a lower-case name of 48 characters at most that does
    /// not begin with `pg_`. A word of SQL is refused when its tables are made.
    pub fn schema(mut self, schema: &str) -> Result<Self, PostgresError> {
        let first = |c: char| c.is_ascii_lowercase() || c == '_';
        let other = |c: char| first(c) || c.is_ascii_digit();
        if !schema.starts_with(first) || !schema.chars().all(other) || schema.len() > SCHEMA_BYTES {
            let reason = format!(
                "schema {schema:?} is not a lower-case name of {SCHEMA_BYTES} characters at most"
            );
            return Err(PostgresError::Options(reason));
        }
        if schema.starts_with("pg_") {
            let reason = format!("schema {schema:?} begins as only those of the server do");
            return Err(PostgresError::Options(reason));
        }
        schema.clone_into(&mut self.schema);
        Ok(self)
    }

    /// Uses at most so many connections at once, beside those that write and listen.
    #[must_use]
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.pool_size = connections.max(1);
        self
    }

    /// Says that a pooler in transaction mode is in between.
    #[must_use]
    pub fn pooler(mut self, pooler: bool) -> Self {
        self.pooler = pooler;
        self
    }

    /// Waits at most so long for a new connection, or for one of the pool to answer.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Waits at most so long until a connection of the pool is free: 5 s unless said.
    #[must_use]
    pub fn turn_timeout(mut self, limit: Duration) -> Self {
        self.turn_timeout = limit;
        self
    }

    /// Lets one statement run at most so long.
    #[must_use]
    pub fn statement_timeout(mut self, limit: Duration) -> Self {
        self.statement_timeout = limit;
        self
    }

    /// Tries an append for at most so long. After that it is unconfirmed.
    #[must_use]
    pub fn append_timeout(mut self, limit: Duration) -> Self {
        self.append_timeout = limit;
        self
    }

    /// What a connection is made with.
    pub(crate) fn connection(&self) -> Config {
        let mut config = self.config.clone();
        config.application_name("annals");
        config.connect_timeout(self.connect_timeout);
        // A replica lags behind what is acknowledged. Of several servers, the one that writes.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        // A server that vanished without a word is noticed after this.
        config.tcp_user_timeout(self.statement_timeout);
        config.keepalives_idle(Duration::from_secs(15));
        if !self.pooler {
            // Poolers refuse what a session is begun with. Of two that set the same, the last counts.
            config.options(format!(
                "{} -c statement_timeout={} -c idle_in_transaction_session_timeout={} \
                 -c default_transaction_isolation=read\\ committed",
                self.config.get_options().unwrap_or_default(),
                self.statement_timeout.as_millis(),
                IDLE_IN_TRANSACTION.as_millis()
            ));
        }
        config
    }

    /// What each transaction begins with behind a pooler, where sessions have no limits of ours.
    pub(crate) fn transaction_limits(&self) -> String {
        format!(
            "set local statement_timeout = {}; set local idle_in_transaction_session_timeout = {}",
            self.statement_timeout.as_millis(),
            IDLE_IN_TRANSACTION.as_millis()
        )
    }
}

impl std::fmt::Debug for PostgresOptions {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("schema", &self.schema)
            .field("tls", &self.tls)
            .field("pool_size", &self.pool_size)
            .field("pooler", &self.pooler)
            .finish_non_exhaustive()
    }
}

impl Ours {
    /// Takes our parameters out of a URL.
    fn of(url: &str) -> Result<(Self, String), PostgresError> {
        let mut ours = Self::default();
        let Some((base, query)) = url.split_once('?') else {
            return Ok((ours, url.to_owned()));
        };
        let mut rest = form_urlencoded::Serializer::new(String::new());
        let mut given = HashSet::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !given.insert(name.clone()) {
                return Err(PostgresError::Options(format!("{name} is given twice")));
            }
            if !ours.take(&name, &value)? {
                rest.append_pair(&name, &value);
            }
        }
        // The driver decodes `%20`, but takes `+` for itself.
        let rest = rest.finish().replace('+', "%20");
        Ok((ours, format!("{base}?{rest}")))
    }

    fn take(&mut self, name: &str, value: &str) -> Result<bool, PostgresError> {
        match name {
            "schema" => self.schema = Some(value.to_owned()),
            "pool_size" => self.pool_size = Some(parsed(name, value)?),
            "pooler" => self.pooler = parsed(name, value)?,
            "insecure" => self.insecure = parsed(name, value)?,
            "sslmode" => self.sslmode = Some(value.to_owned()),
            "sslrootcert" => self.sslrootcert = Some(value.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn tls(&self, config: &Config) -> Result<Tls, PostgresError> {
        let verified = Tls::Verified {
            roots: self.sslrootcert.clone(),
        };
        let elsewhere = elsewhere(config);
        match (self.sslmode.as_deref(), elsewhere) {
            (Some("require" | "verify-ca" | "verify-full"), _) => Ok(verified),
            (None, Some(_)) if !self.insecure => Ok(verified),
            (Some("disable"), Some(host)) if !self.insecure => {
                Err(PostgresError::PlainText { host })
            }
            (None | Some("disable"), _) => Ok(Tls::Off),
            // `allow` and `prefer` are encrypted unless somebody in between says otherwise.
            (Some(other), _) => Err(PostgresError::Options(format!(
                "sslmode {other:?} promises nothing; use disable or verify-full"
            ))),
        }
    }
}

fn parsed<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, PostgresError> {
    let wrong = |_| PostgresError::Options(format!("{name} cannot be {value:?}"));
    value.parse().map_err(wrong)
}

/// A server that is not on this machine, if there is one. An address counts more than the name
/// beside it.
fn elsewhere(config: &Config) -> Option<String> {
    let addresses = config.get_hostaddrs();
    if let Some(address) = addresses.iter().find(|address| !address.is_loopback()) {
        return Some(address.to_string());
    }
    if !addresses.is_empty() {
        return None;
    }
    config.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) if !is_loopback(name) => Some(name.clone()),
        Host::Tcp(_) | Host::Unix(_) => None,
    })
}

fn is_loopback(name: &str) -> bool {
    match name.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost",
    }
}
