//! The account servers run under: PostgreSQL and PgBouncer refuse to run as root.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::error::ServerError;

/// Tried in this order when this process is root's.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// Who runs a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// The user of this process.
    Own,
    /// Another user, because this process is root's.
    Other { user: u32, group: u32 },
}

impl Account {
    /// The account for a server that must not run as root.
    pub(crate) fn unprivileged() -> Result<Self, ServerError> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        let operation = "read /etc/passwd";
        let accounts = fs::read_to_string("/etc/passwd").map_err(ServerError::system(operation))?;
        let mut found = UNPRIVILEGED.iter().filter_map(|name| find(&accounts, name));
        found.next().ok_or(ServerError::NotInstalled {
            program: "an account named postgres or nobody",
            searched: vec!["/etc/passwd".to_owned()],
        })
    }

    /// Has the command run under this account.
    pub(crate) fn run(self, command: &mut Command) {
        if let Self::Other { user, group } = self {
            command.uid(user).gid(group);
        }
    }

    /// Makes a folder for this account, which is deleted with its owner.
    pub(crate) fn make_folder(self, prefix: &str) -> Result<TempDir, ServerError> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir();
        let folder = folder.map_err(ServerError::system("make a throwaway folder"))?;
        self.own(folder.path())?;
        Ok(folder)
    }

    /// Copies a file for this account; nobody else can read it, not even at first.
    pub(crate) fn copy_secret(self, from: &Path, to: &Path) -> Result<(), ServerError> {
        let operation = format!("copy {} for the server", from.display());
        let copy = || -> io::Result<()> {
            let mut options = File::options();
            let mut copy = options.write(true).create_new(true).mode(0o600).open(to)?;
            copy.write_all(&fs::read(from)?)
        };
        copy().map_err(ServerError::system(operation))?;
        self.own(to)
    }

    /// Gives a file or folder to this account.
    pub(crate) fn own(self, path: &Path) -> Result<(), ServerError> {
        let Self::Other { user, group } = self else {
            return Ok(());
        };
        let operation = format!("give {} to the server's account", path.display());
        chown(path, Some(user), Some(group)).map_err(ServerError::system(operation))
    }
}

/// Finds an account in the text of `/etc/passwd`: `name:password:user:group:…`.
fn find(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [found, _, user, group, ..] = fields[..] else {
            return None;
        };
        let (user, group) = (user.parse().ok()?, group.parse().ok()?);
        (found == name).then_some(Account::Other { user, group })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:104::/:";
        let (user, group) = (101, 104);
        assert_eq!(
            find(accounts, "postgres"),
            Some(Account::Other { user, group })
        );
        assert_eq!(find(accounts, "nobody"), None);
    }
}
