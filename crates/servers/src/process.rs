//! Starting and stopping a server's processes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use crate::account::Account;
use crate::error::ServerError;
use crate::{process_table, wait};

/// So much of a log is shown.
const LOG_LINES: usize = 40;

/// What to run, and how.
pub(crate) struct Program<'a> {
    pub(crate) name: &'static str,
    /// The folder the program is in.
    pub(crate) installed_in: &'a Path,
    pub(crate) arguments: &'a [String],
    pub(crate) account: Account,
    /// The folder it runs in, with its log.
    pub(crate) folder: &'a Path,
}

/// A program as a child of this process; it is told to stop when this process ends, however that happens.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Program<'_> {
    /// Starts the program; what it writes is added to its log.
    pub(crate) fn start(&self) -> Result<Process, ServerError> {
        let log = self.folder.join(format!("{}.log", self.name));
        let file = File::options().create(true).append(true).open(&log);
        let file = file.map_err(ServerError::system("open a log"))?;
        let errors = file
            .try_clone()
            .map_err(ServerError::system("open a log"))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "QUIT", "--"]);
        command
            .arg(self.installed_in.join(self.name))
            .args(self.arguments);
        command
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors);
        self.account.run(&mut command);
        let operation = format!("start {} by `setpriv`", self.name);
        let child = start_for_good(command).map_err(ServerError::system(operation))?;
        Ok(Process {
            name: self.name,
            child,
            log,
        })
    }
}

impl Process {
    /// The id of the process.
    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for an event that only a running server brings about.
    pub(crate) fn wait_for(
        &mut self,
        event: &'static str,
        limit: Duration,
        mut happened: impl FnMut(Pid) -> bool,
    ) -> Result<(), ServerError> {
        let id = self.id();
        let in_time = wait::until(limit, || {
            if self.has_ended()? {
                Err(self.failed())
            } else {
                Ok(happened(id))
            }
        })?;
        self.in_time(in_time, event, limit)
    }

    /// Waits until the program has ended, and with it everything it started.
    pub(crate) fn wait_for_end(&mut self, limit: Duration) -> Result<(), ServerError> {
        let in_time = wait::until(limit, || self.has_ended())?;
        self.in_time(in_time, "its end", limit)
    }

    /// Waits until the program has done what it is for.
    pub(crate) fn wait_for_success(&mut self, limit: Duration) -> Result<(), ServerError> {
        self.wait_for_end(limit)?;
        let status = self
            .child
            .wait()
            .map_err(ServerError::system("wait for a program"))?;
        if status.success() {
            Ok(())
        } else {
            Err(self.failed())
        }
    }

    /// Signals the program alone.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), ServerError> {
        send(self.id(), signal)
    }

    /// Signals one of the processes that the program started.
    pub(crate) fn signal_child(&self, id: i32, signal: Signal) -> Result<(), ServerError> {
        let mut children = process_table::children(self.id()).into_iter();
        let child = children.find(|child| child.as_raw_pid() == id);
        send(child.ok_or(ServerError::NoSuchBackend { id })?, signal)
    }

    /// Stops everything in its tracks.
    pub(crate) fn pause(&self) -> Result<(), ServerError> {
        // The parent first: then there is nobody to start another child.
        self.signal(Signal::STOP)?;
        process_table::children(self.id())
            .into_iter()
            .try_for_each(|child| send(child, Signal::STOP))
    }

    /// Ends the pause.
    pub(crate) fn resume(&self) -> Result<(), ServerError> {
        process_table::children(self.id())
            .into_iter()
            .try_for_each(|child| send(child, Signal::CONT))?;
        self.signal(Signal::CONT)
    }

    /// Ends everything at once, as losing the machine would, and waits until it is gone.
    pub(crate) fn kill(&mut self, limit: Duration) -> Result<(), ServerError> {
        // A killed parent leaves its children to others, so they have to be known before.
        self.pause()?;
        let children = process_table::children(self.id());
        self.signal(Signal::KILL)?;
        children
            .iter()
            .try_for_each(|child| send(*child, Signal::KILL))?;
        let in_time = wait::until(limit, || {
            Ok::<_, ServerError>(
                self.has_ended()? && !children.iter().any(|child| process_table::is_alive(*child)),
            )
        })?;
        self.in_time(in_time, "its end", limit)
    }

    /// The end of what it wrote.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    fn has_ended(&mut self) -> Result<bool, ServerError> {
        let status = self
            .child
            .try_wait()
            .map_err(ServerError::system("wait for a program"))?;
        Ok(status.is_some())
    }

    fn in_time(
        &self,
        in_time: bool,
        event: &'static str,
        limit: Duration,
    ) -> Result<(), ServerError> {
        if in_time {
            return Ok(());
        }
        Err(ServerError::TimedOut {
            event,
            limit,
            output: self.log(),
        })
    }

    fn failed(&self) -> ServerError {
        ServerError::Failed {
            program: self.name,
            output: self.log(),
        }
    }
}

/// Signals a process; one that has just ended needs no signal.
fn send(id: Pid, signal: Signal) -> Result<(), ServerError> {
    match kill_process(id, signal) {
        Err(error) if error != Errno::SRCH => {
            Err(ServerError::system(format!("signal process {id:?}"))(error))
        }
        _ => Ok(()),
    }
}

/// Starts a process from a thread that never ends: the parent-death signal is sent when the
/// *thread* that started the process ends, and a test's thread may end before the test does.
fn start_for_good(command: Command) -> io::Result<Child> {
    type Order = (Command, Sender<io::Result<Child>>);
    static STARTER: LazyLock<Sender<Order>> = LazyLock::new(|| {
        let (orders, received) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in received {
                let _ = answer.send(command.spawn()); // who asked may be gone
            }
        });
        orders
    });
    let (answer, child) = mpsc::channel();
    STARTER
        .send((command, answer))
        .expect("the thread never ends");
    child.recv().expect("the thread answers every order")
}
