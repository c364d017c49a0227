//! A server that takes messages: Redis, or NATS with JetStream.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::account::Account;
use crate::error::ServerError;
use crate::installation;
use crate::options::TlsFiles;
use crate::port;
use crate::process::{Process, Program};

/// It reads what it holds before it listens, and that is little.
const LIMIT: Duration = Duration::from_secs(60);

/// A server that takes messages and keeps them over a kill. Dropping it stops it and deletes what it
/// holds; in a panic, what it wrote last is printed.
#[derive(Debug)]
pub struct Broker {
    kind: &'static Kind,
    installed_in: PathBuf,
    account: Account,
    is_encrypted: bool,
    /// Arguments beside those of all servers of its kind.
    more: Vec<String>,
    port: u16,
    process: Option<Process>,
    /// Holds the log and the data.
    folder: TempDir,
}

/// Which server it is.
#[derive(Debug)]
struct Kind {
    program: &'static str,
    scheme: &'static str,
    /// Those of a server that listens on a port and keeps its data in a folder.
    arguments: fn(u16, &Path) -> Vec<String>,
    encrypted: Encrypted,
}

/// How it is when all connections are encrypted.
#[derive(Debug)]
struct Encrypted {
    scheme: &'static str,
    /// Those beside the others, of a server that listens on a port and has its certificate and key in
    /// a folder.
    arguments: fn(u16, &Path) -> Vec<String>,
}

/// The copies that a server has of its certificate and its key.
const CERTIFICATE: &str = "server.crt";
const KEY: &str = "server.key";

const REDIS: Kind = Kind {
    program: "redis-server",
    scheme: "redis",
    arguments: |port, folder| {
        let settings = format!(
            "--bind 127.0.0.1 --port {port} --dir {} --appendonly yes --appendfsync always",
            folder.display()
        );
        words(&settings)
    },
    encrypted: Encrypted {
        scheme: "rediss",
        arguments: |port, folder| {
            let folder = folder.display();
            words(&format!(
                "--port 0 --tls-port {port} --tls-auth-clients no \
                 --tls-cert-file {folder}/{CERTIFICATE} --tls-key-file {folder}/{KEY}"
            ))
        },
    },
};

const NATS: Kind = Kind {
    program: "nats-server",
    scheme: "nats",
    arguments: |port, folder| {
        let folder = folder.display();
        words(&format!("-a 127.0.0.1 -p {port} -js -sd {folder}"))
    },
    encrypted: Encrypted {
        scheme: "tls",
        arguments: |_, folder| {
            let folder = folder.display();
            words(&format!(
                "--tls --tlscert {folder}/{CERTIFICATE} --tlskey {folder}/{KEY}"
            ))
        },
    },
};

impl Broker {
    /// Starts a Redis that answers only for what is on its disk.
    ///
    /// # Errors
    ///
    /// When Redis is not installed, or does not come up.
    pub fn redis() -> Result<Self, ServerError> {
        Self::start(&REDIS, None)
    }

    /// The same, that takes encrypted connections alone. The files are copied, because a server reads
    /// only a key of its own.
    ///
    /// # Errors
    ///
    /// As [`redis`](Self::redis).
    pub fn redis_with_tls(files: &TlsFiles) -> Result<Self, ServerError> {
        Self::start(&REDIS, Some(files))
    }

    /// Starts a NATS server with JetStream.
    ///
    /// # Errors
    ///
    /// When NATS is not installed, or does not come up.
    pub fn nats() -> Result<Self, ServerError> {
        Self::start(&NATS, None)
    }

    /// The same, that takes encrypted connections alone, likewise.
    ///
    /// # Errors
    ///
    /// As [`nats`](Self::nats).
    pub fn nats_with_tls(files: &TlsFiles) -> Result<Self, ServerError> {
        Self::start(&NATS, Some(files))
    }

    /// The same, that takes this user alone.
    ///
    /// # Errors
    ///
    /// As [`nats`](Self::nats).
    pub fn nats_for(user: &str, password: &str) -> Result<Self, ServerError> {
        let login = ["--user", user, "--pass", password].map(str::to_owned);
        Self::start_with(&NATS, None, login.to_vec())
    }

    /// Whether both are installed on this machine.
    #[must_use]
    pub fn are_installed() -> bool {
        let mut kinds = [REDIS, NATS].into_iter();
        kinds.all(|kind| installation::daemon(kind.program).is_ok())
    }

    fn start(kind: &'static Kind, tls: Option<&TlsFiles>) -> Result<Self, ServerError> {
        Self::start_with(kind, tls, Vec::new())
    }

    fn start_with(
        kind: &'static Kind,
        tls: Option<&TlsFiles>,
        more: Vec<String>,
    ) -> Result<Self, ServerError> {
        let account = Account::unprivileged()?;
        let mut broker = Self {
            kind,
            installed_in: installation::daemon(kind.program)?,
            account,
            is_encrypted: tls.is_some(),
            more,
            port: 0,
            process: None,
            folder: account.make_folder("annals-broker-")?,
        };
        if let Some(files) = tls {
            broker.copy_in(files)?;
        }
        let (port, process) = port::start_on_free(|port| broker.run(port))?;
        (broker.port, broker.process) = (port, Some(process));
        Ok(broker)
    }

    /// Where it listens. It stays the same when it starts again.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = match self.is_encrypted {
            true => self.kind.encrypted.scheme,
            false => self.kind.scheme,
        };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Kills it. Nobody is told, and nothing is cleaned up.
    ///
    /// # Errors
    ///
    /// When it is not running.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        let mut process = self.process.take().ok_or(ServerError::WrongState("down"))?;
        process.kill(LIMIT)
    }

    /// Starts the killed server again, on the same data and port.
    ///
    /// # Errors
    ///
    /// When it is running, or does not come up.
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        if self.process.is_some() {
            return Err(ServerError::WrongState("running"));
        }
        self.process = Some(self.run(self.port)?);
        Ok(())
    }

    /// Stops it in its tracks, so that it is there and does not answer.
    ///
    /// # Errors
    ///
    /// When it is not running.
    pub fn pause(&self) -> Result<(), ServerError> {
        self.running()?.pause()
    }

    /// Ends the pause.
    ///
    /// # Errors
    ///
    /// When it is not running.
    pub fn resume(&self) -> Result<(), ServerError> {
        self.running()?.resume()
    }

    fn copy_in(&self, files: &TlsFiles) -> Result<(), ServerError> {
        let folder = self.folder.path();
        self.account
            .copy_secret(&files.certificate, &folder.join(CERTIFICATE))?;
        self.account.copy_secret(&files.key, &folder.join(KEY))
    }

    fn arguments(&self, port: u16) -> Vec<String> {
        let folder = self.folder.path();
        let mut arguments = (self.kind.arguments)(port, folder);
        arguments.extend_from_slice(&self.more);
        if self.is_encrypted {
            arguments.extend((self.kind.encrypted.arguments)(port, folder));
        }
        arguments
    }

    fn run(&self, port: u16) -> Result<Process, ServerError> {
        let program = Program {
            name: self.kind.program,
            installed_in: &self.installed_in,
            arguments: &self.arguments(port),
            account: self.account,
            folder: self.folder.path(),
        };
        let mut process = program.start()?;
        process.wait_for("connections to be accepted", LIMIT, |_| {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        })?;
        Ok(process)
    }

    fn running(&self) -> Result<&Process, ServerError> {
        self.process.as_ref().ok_or(ServerError::WrongState("down"))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        if thread::panicking() {
            let log = process.log();
            eprintln!("── what {} wrote last\n{log}", self.kind.program);
        }
        let _ = process.kill(LIMIT); // there is nobody left to tell
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
