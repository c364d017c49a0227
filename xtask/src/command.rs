//! Running a program: its line is echoed so that it can be pasted into a shell.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{self, Stdio};

use crate::error::Error;
use crate::workspace;

/// A program with its arguments, run in the folder of the workspace.
pub(crate) struct Command {
    line: String,
    process: process::Command,
}

impl Command {
    /// A program found on the path.
    pub(crate) fn new(program: &str, arguments: &[&str]) -> Self {
        Self::of(OsStr::new(program), program, arguments)
    }

    /// The cargo that started this command, and so the same toolchain.
    pub(crate) fn cargo(arguments: &[&str]) -> Self {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self::of(&cargo, "cargo", arguments)
    }

    fn of(program: &OsStr, shown_as: &str, arguments: &[&str]) -> Self {
        let mut process = process::Command::new(program);
        process.args(arguments).current_dir(workspace::root());
        let line = format!("{shown_as} {}", arguments.join(" "));
        Self { line, process }
    }

    /// Runs in another folder than that of the workspace.
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.line = format!("(cd {} && {})", folder.display(), self.line);
        self.process.current_dir(folder);
        self
    }

    /// Sets an environment variable of the program.
    pub(crate) fn env(mut self, name: &str, value: &OsStr) -> Self {
        self.line = format!("{name}={value:?} {}", self.line);
        self.process.env(name, value);
        self
    }

    /// Echoes the line and runs it, its output shown as it comes.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        println!("$ {}", self.line);
        match self.process.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(Error::Failed { line: self.line }),
            Err(source) => Err(Error::NotStarted {
                line: self.line,
                source,
            }),
        }
    }

    /// Whether the program runs and succeeds; nothing is shown.
    pub(crate) fn succeeds(mut self) -> bool {
        self.process
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
