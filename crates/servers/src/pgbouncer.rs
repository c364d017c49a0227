//! A PgBouncer before a PostgreSQL server.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::account::Account;
use crate::error::ServerError;
use crate::installation;
use crate::port;
use crate::process::{Process, Program};

/// It has no data, so it is quick to start and to stop.
const LIMIT: Duration = Duration::from_secs(30);

/// A PgBouncer in transaction mode: between two transactions of a client, the connection behind it
/// may become another. Dropping it stops it.
#[derive(Debug)]
pub struct PgBouncer {
    url: String,
    process: Process,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts a PgBouncer before a server that trusts the user of the URL,
    /// `postgres://user@host:port/database`.
    ///
    /// # Errors
    ///
    /// When PgBouncer is not installed, or does not come up.
    pub fn start(server: &str) -> Result<Self, ServerError> {
        let address = Address::parse(server).ok_or_else(|| ServerError::Url(server.to_owned()))?;
        let installed_in = installation::daemon("pgbouncer")?;
        let account = Account::unprivileged()?;
        let folder = account.make_folder("annals-pgbouncer-")?;
        let (port, process) = port::start_on_free(|port| {
            configure(folder.path(), port, &address)?;
            run(
                &Program {
                    name: "pgbouncer",
                    installed_in: &installed_in,
                    arguments: &["pgbouncer.ini".to_owned()],
                    account,
                    folder: folder.path(),
                },
                port,
            )
        })?;
        let url = format!(
            "postgres://{}@127.0.0.1:{port}/{}",
            address.user, address.database
        );
        Ok(Self {
            url,
            process,
            _folder: folder,
        })
    }

    /// Whether PgBouncer is installed on this machine.
    #[must_use]
    pub fn is_installed() -> bool {
        installation::daemon("pgbouncer").is_ok()
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill(LIMIT); // there is nobody left to tell
    }
}

/// The parts of `postgres://user@host:port/database`.
#[derive(Debug, PartialEq, Eq)]
struct Address<'a> {
    user: &'a str,
    host: &'a str,
    port: &'a str,
    database: &'a str,
}

impl<'a> Address<'a> {
    fn parse(url: &'a str) -> Option<Self> {
        let (user, rest) = url.strip_prefix("postgres://")?.split_once('@')?;
        let (server, database) = rest.split_once('/')?;
        let (host, port) = server.rsplit_once(':')?;
        Some(Self {
            user,
            host,
            port,
            database,
        })
    }
}

fn configure(folder: &Path, port: u16, server: &Address<'_>) -> Result<(), ServerError> {
    let Address {
        user,
        host,
        port: server_port,
        ..
    } = server;
    let configuration = format!(
        "[databases]
         * = host={host} port={server_port}
         [pgbouncer]
         listen_addr = 127.0.0.1
         listen_port = {port}
         unix_socket_dir =
         auth_type = trust
         auth_file = users.txt
         pool_mode = transaction
         max_client_conn = 500
         default_pool_size = 20
"
    );
    let write = |name, text: String| {
        fs::write(folder.join(name), text).map_err(ServerError::system("configure PgBouncer"))
    };
    write("users.txt", format!("\"{user}\" \"\"\n"))?;
    write("pgbouncer.ini", configuration)
}

fn run(program: &Program<'_>, port: u16) -> Result<Process, ServerError> {
    let mut process = program.start()?;
    process.wait_for("connections to be accepted", LIMIT, |_| {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    })?;
    Ok(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let (user, host, port, database) = ("me", "127.0.0.1", "5432", "postgres");
        let parts = Address {
            user,
            host,
            port,
            database,
        };
        assert_eq!(
            Address::parse("postgres://me@127.0.0.1:5432/postgres"),
            Some(parts)
        );
        assert_eq!(Address::parse("nats://127.0.0.1:4222"), None);
    }
}
