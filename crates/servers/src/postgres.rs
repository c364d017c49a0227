//! A PostgreSQL server of a test's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::account::Account;
use crate::error::ServerError;
use crate::installation;
use crate::options::{ClusterOptions, TlsFiles};
use crate::port;
use crate::process::{Process, Program};

/// A slow machine takes its time to make a cluster, or to recover one.
const START_LIMIT: Duration = Duration::from_secs(120);

/// PostgreSQL itself ends children that do not stop within five seconds.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Small, because a machine that runs tests runs several servers.
const SETTINGS: [(&str, &str); 3] = [
    ("listen_addresses", "127.0.0.1"),
    ("max_connections", "200"),
    ("shared_buffers", "64MB"),
];

/// A PostgreSQL server with data of its own. Dropping it stops it and deletes the data; in a
/// panic, what the server wrote last is printed.
#[derive(Debug)]
pub struct PostgresCluster {
    programs: PathBuf,
    account: Account,
    arguments: Vec<String>,
    data: PathBuf,
    port: u16,
    process: Option<Process>,
    /// Holds log, socket and, unless they are elsewhere, the data.
    folder: TempDir,
}

impl PostgresCluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is not installed, or does not come up.
    pub fn start() -> Result<Self, ServerError> {
        Self::start_with(ClusterOptions::new())
    }

    /// Makes a cluster, unless its data are there, and starts its server.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is not installed, or does not come up.
    pub fn start_with(options: ClusterOptions) -> Result<Self, ServerError> {
        let programs = options.programs.map_or_else(installation::postgres, Ok)?;
        let account = Account::unprivileged()?;
        let folder = account.make_folder("annals-postgres-")?;
        let data = options.data.unwrap_or_else(|| folder.path().join("data"));
        let mut cluster = Self {
            programs,
            account,
            arguments: Vec::new(),
            data,
            port: 0,
            process: None,
            folder,
        };
        cluster.make_data()?;
        cluster.arguments = cluster.arguments(&options.settings, options.tls.as_ref())?;
        let (port, process) = port::start_on_free(|port| cluster.run(port))?;
        (cluster.port, cluster.process) = (port, Some(process));
        Ok(cluster)
    }

    /// Whether PostgreSQL is installed on this machine.
    #[must_use]
    pub fn is_installed() -> bool {
        installation::postgres().is_ok()
    }

    /// Where the server listens, as its superuser. It stays the same when the server starts again.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_as("postgres", "postgres")
    }

    /// Where the server listens, as a role and for a database, which may be there or not.
    #[must_use]
    pub fn url_as(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// The major version, such as 15.
    ///
    /// # Errors
    ///
    /// When the data are gone.
    pub fn major_version(&self) -> Result<String, ServerError> {
        let version = fs::read_to_string(self.data.join("PG_VERSION"));
        let version = version.map_err(ServerError::system("read the version of the cluster"))?;
        Ok(version.trim().to_owned())
    }

    /// Stops the server in the middle of everything, as `pg_ctl stop -m immediate` does: nothing is written any
    /// more, and the next start recovers. Clients are told.
    ///
    /// # Errors
    ///
    /// When it is not running, or does not stop.
    pub fn stop_immediately(&mut self) -> Result<(), ServerError> {
        let mut process = self.process.take().ok_or(ServerError::WrongState("down"))?;
        stop(&mut process)
    }

    /// Kills the server and all its processes. Nobody is told, and nothing is cleaned up.
    ///
    /// # Errors
    ///
    /// When it is not running.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        let mut process = self.process.take().ok_or(ServerError::WrongState("down"))?;
        process.kill(STOP_LIMIT)
    }

    /// Starts the stopped or killed server again, on the same data and port, and waits until it has recovered.
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

    /// Stops the server and all its processes in their tracks, so that it is there and does not answer.
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

    /// Stops the process of one connection in its tracks: the one that `pg_backend_pid()` names.
    ///
    /// # Errors
    ///
    /// When the server has no such backend.
    pub fn pause_backend(&self, id: i32) -> Result<(), ServerError> {
        self.running()?.signal_child(id, Signal::STOP)
    }

    /// Ends the pause of one connection.
    ///
    /// # Errors
    ///
    /// When the server has no such backend.
    pub fn resume_backend(&self, id: i32) -> Result<(), ServerError> {
        self.running()?.signal_child(id, Signal::CONT)
    }

    fn make_data(&self) -> Result<(), ServerError> {
        if self.data.join("PG_VERSION").exists() {
            return Ok(());
        }
        fs::create_dir_all(&self.data)
            .map_err(ServerError::system("make the folder of the data"))?;
        self.account.own(&self.data)?;
        let data = self.data.display();
        let arguments = [
            format!("--pgdata={data}"),
            "--username=postgres".to_owned(),
            "--auth=trust".to_owned(),
            "--encoding=UTF8".to_owned(),
            "--locale=C.UTF-8".to_owned(),
        ];
        self.program("initdb", &arguments)
            .start()?
            .wait_for_success(START_LIMIT)
    }

    /// The arguments of the server, but for the port.
    fn arguments(
        &self,
        settings: &[(String, String)],
        tls: Option<&TlsFiles>,
    ) -> Result<Vec<String>, ServerError> {
        let mut arguments = vec!["-D".to_owned(), self.data.display().to_string()];
        let mut set = |name: &str, value: &str| {
            arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
        };
        SETTINGS
            .into_iter()
            .for_each(|(name, value)| set(name, value));
        set(
            "unix_socket_directories",
            &self.folder.path().display().to_string(),
        );
        if let Some(files) = tls {
            set("ssl", "on");
            set(
                "ssl_cert_file",
                &self.copy_in(&files.certificate, "server.crt")?,
            );
            set("ssl_key_file", &self.copy_in(&files.key, "server.key")?);
        }
        settings.iter().for_each(|(name, value)| set(name, value));
        Ok(arguments)
    }

    fn copy_in(&self, file: &Path, name: &str) -> Result<String, ServerError> {
        let copy = self.folder.path().join(name);
        self.account.copy_secret(file, &copy)?;
        Ok(copy.display().to_string())
    }

    fn run(&self, port: u16) -> Result<Process, ServerError> {
        let mut arguments = self.arguments.clone();
        arguments.extend(["-p".to_owned(), port.to_string()]);
        let mut process = self.program("postgres", &arguments).start()?;
        process.wait_for("connections to be accepted", START_LIMIT, |id| {
            is_ready(&self.data, id)
        })?;
        Ok(process)
    }

    fn program<'a>(&'a self, name: &'static str, arguments: &'a [String]) -> Program<'a> {
        Program {
            name,
            installed_in: &self.programs,
            arguments,
            account: self.account,
            folder: self.folder.path(),
        }
    }

    fn running(&self) -> Result<&Process, ServerError> {
        self.process.as_ref().ok_or(ServerError::WrongState("down"))
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        if thread::panicking() {
            eprintln!("── what PostgreSQL wrote last\n{}", process.log());
        }
        // A clean end first, because a killed server leaves its shared memory behind.
        if stop(&mut process).is_err() {
            let _ = process.kill(STOP_LIMIT); // there is nobody left to tell
        }
    }
}

fn stop(process: &mut Process) -> Result<(), ServerError> {
    process.signal(Signal::QUIT)?;
    // A paused process takes the signal only now.
    process.resume()?;
    process.wait_for_end(STOP_LIMIT)
}

/// The server notes its process in the first line of this file and its state in the eighth, where `pg_ctl` too looks for it.
fn is_ready(data: &Path, id: Pid) -> bool {
    let Ok(notes) = fs::read_to_string(data.join("postmaster.pid")) else {
        return false;
    };
    let lines: Vec<&str> = notes.lines().map(str::trim).collect();
    lines.first() == Some(&id.as_raw_nonzero().to_string().as_str())
        && lines.get(7) == Some(&"ready")
}
