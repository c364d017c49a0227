//! The servers that the tests share, up for as long as the tests run.

use std::ffi::OsStr;

use annals_servers::{
    Broker, ClusterOptions, NATS_VARIABLE, NEXT_POSTGRES_VARIABLE, PGBOUNCER_VARIABLE,
    POSTGRES_VARIABLE, PgBouncer, PostgresCluster, REDIS_VARIABLE, in_ci,
};

use crate::command::Command;
use crate::error::Error;
use crate::{next_postgres, toolchain};

/// The servers; dropping them stops them and deletes what they hold.
pub(crate) struct Servers {
    pgbouncer: PgBouncer,
    postgres: PostgresCluster,
    redis: Broker,
    nats: Broker,
    next_postgres: Result<PostgresCluster, Error>,
}

/// `cargo xtask with-servers`: runs a command while the servers are up.
pub(crate) fn run_with(program: &str, arguments: &[&str]) -> Result<(), Error> {
    let servers = Servers::start()?;
    if let Some(reason) = servers.left_out() {
        println!("without the next PostgreSQL: {reason}");
    }
    servers.tell(Command::new(program, arguments)).run()
}

impl Servers {
    /// Starts them, and installs what is missing for it.
    pub(crate) fn start() -> Result<Self, Error> {
        toolchain::SERVERS.meet()?;
        let postgres = PostgresCluster::start_with(shared())?;
        let pgbouncer = PgBouncer::start(&postgres.url())?;
        let next_postgres = match start_next_postgres() {
            // A green run without it would promise too much.
            Err(error) if in_ci() => return Err(error),
            outcome => outcome,
        };
        Ok(Self {
            pgbouncer,
            postgres,
            redis: Broker::redis()?,
            nats: Broker::nats()?,
            next_postgres,
        })
    }

    /// Why there is no server of the next version, if there is none.
    pub(crate) fn left_out(&self) -> Option<String> {
        let reason = self.next_postgres.as_ref().err()?;
        Some(reason.to_string())
    }

    /// Tells a program where the servers are.
    pub(crate) fn tell(&self, program: Command) -> Command {
        let program = program
            .env(POSTGRES_VARIABLE, OsStr::new(&self.postgres.url()))
            .env(PGBOUNCER_VARIABLE, OsStr::new(&self.pgbouncer.url()))
            .env(REDIS_VARIABLE, OsStr::new(&self.redis.url()))
            .env(NATS_VARIABLE, OsStr::new(&self.nats.url()));
        match &self.next_postgres {
            Ok(next) => program.env(NEXT_POSTGRES_VARIABLE, OsStr::new(&next.url())),
            Err(_) => program,
        }
    }
}

fn start_next_postgres() -> Result<PostgresCluster, Error> {
    let programs = next_postgres::programs()?;
    let options = shared().programs(programs);
    Ok(PostgresCluster::start_with(options)?)
}

/// Many tests at once, each with a pool of its own: as many as a large machine runs.
fn shared() -> ClusterOptions {
    ClusterOptions::new().setting("max_connections", "500")
}
