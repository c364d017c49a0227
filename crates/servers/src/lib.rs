//! Real servers for tests, from the programs of the machine.
//!
//! A [`PostgresCluster`], a [`PgBouncer`] or a [`Broker`] of messages lives in a throwaway folder, listens on a free port of
//! the loopback interface, and is gone when its owner is: dropped, finished or killed. A test that
//! has to crash, pause or restart its server starts one of its own. All others share those that
//! `cargo xtask` starts before the tests, and ask [`postgres_url`], [`next_postgres_url`],
//! [`pgbouncer_url`], [`redis_url`] and [`nats_url`] where they are.
//!
//! ```no_run
//! # fn main() -> Result<(), annals_servers::ServerError> {
//! let mut cluster = annals_servers::PostgresCluster::start()?;
//! let url = cluster.url(); // postgres://postgres@127.0.0.1:…/postgres
//! cluster.kill()?;
//! cluster.start_again()?; // the same data behind the same URL
//! # Ok(())
//! # }
//! ```
//!
//! It needs Linux: the parent-death signal and `/proc` are what leaves no process behind.
//!
//! In reading order: `postgres`, `pgbouncer` and `broker` are the servers, `options` what may be asked
//! of a cluster, and an `authority` signs the certificates that they may show; `process` starts and
//! stops them all, under the `account` that suits, with the programs of an `installation`, and the
//! `process_table` knows their children; `port` and `wait` do what they say; `environment` finds the
//! shared servers.

mod account;
#[cfg(feature = "certificates")]
mod authority;
mod broker;
mod environment;
mod error;
mod installation;
mod options;
mod pgbouncer;
mod port;
mod postgres;
mod process;
mod process_table;
mod wait;

#[cfg(feature = "certificates")]
pub use authority::Authority;
pub use broker::Broker;
pub use environment::{
    NATS_VARIABLE, NEXT_POSTGRES_VARIABLE, PGBOUNCER_VARIABLE, POSTGRES_VARIABLE, REDIS_VARIABLE,
    in_ci, nats_url, next_postgres_url, pgbouncer_url, postgres_url, redis_url,
};
pub use error::ServerError;
pub use installation::PROGRAMS_VARIABLE;
pub use options::{ClusterOptions, TlsFiles};
pub use pgbouncer::PgBouncer;
pub use postgres::PostgresCluster;
