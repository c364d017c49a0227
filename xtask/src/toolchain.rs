//! What the tests need beyond cargo, and how to get it.

use annals_servers::{Broker, PgBouncer, PostgresCluster};

use crate::command::Command;
use crate::error::Error;

/// Something that must be on the machine.
pub(crate) struct Need {
    what: &'static str,
    /// Whether it is there.
    is_met: fn() -> bool,
    /// The lines that install it.
    install: &'static [&'static str],
}

const UPDATE: &str = "apt-get update";

/// To build and check the project.
const NEEDS: [Need; 3] = [
    Need {
        what: "rustfmt",
        is_met: || Command::cargo(&["fmt", "--version"]).succeeds(),
        install: &["rustup component add rustfmt"],
    },
    Need {
        what: "clippy",
        is_met: || Command::cargo(&["clippy", "--version"]).succeeds(),
        install: &["rustup component add clippy"],
    },
    // SQLite and the hashes are compiled from C.
    Need {
        what: "the C compiler `cc`",
        is_met: || runs("cc"),
        install: &[UPDATE, "apt-get install --yes build-essential"],
    },
];

/// The servers that the tests share. At run level 1 their packages start no services.
pub(crate) const SERVERS: Need = Need {
    what: "PostgreSQL, PgBouncer, Redis or NATS",
    is_met: || {
        let has_databases = PostgresCluster::is_installed() && PgBouncer::is_installed();
        has_databases && Broker::are_installed()
    },
    install: &[
        UPDATE,
        "env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install --yes --no-install-recommends postgresql pgbouncer redis-server nats-server",
    ],
};

/// Brings the second version of PostgreSQL.
pub(crate) const NPM: Need = Need {
    what: "npm",
    is_met: || runs("npm") && runs("node"),
    install: &[
        UPDATE,
        "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends npm",
    ],
};

/// Cuts the power of a file system that is mounted for it.
const POWER_CUT: Need = Need {
    what: "mkfs.ext4 or xfs_io",
    is_met: || {
        let make = Command::new("mkfs.ext4", &["-V"]).succeeds();
        let cut = Command::new("xfs_io", &["-V"]).succeeds();
        make && cut
    },
    install: &[
        UPDATE,
        "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends e2fsprogs xfsprogs",
    ],
};

/// Whether this process may install things, and runs servers under an account that is not its own.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Sees that everything needed to build is there, and installs what is not.
pub(crate) fn set_up() -> Result<(), Error> {
    NEEDS.iter().try_for_each(Need::meet)
}

/// Sees that the power of a file system can be cut, and installs what is missing for it.
pub(crate) fn set_up_power_cuts() -> Result<(), Error> {
    if is_root() {
        POWER_CUT.meet()
    } else {
        Err(Error::NotRoot)
    }
}

impl Need {
    /// Sees that it is there, and installs it if it is not.
    pub(crate) fn meet(&self) -> Result<(), Error> {
        if (self.is_met)() {
            return Ok(());
        }
        println!("{} is missing; installing it", self.what);
        for line in self.install {
            // What was installed in spite of an error counts, as when one of many mirrors is down.
            if let Err(error) = command(line).run() {
                println!("{error}");
            }
        }
        if (self.is_met)() {
            return Ok(());
        }
        Err(Error::Missing {
            what: self.what,
            install: self.install,
        })
    }
}

fn runs(program: &str) -> bool {
    Command::new(program, &["--version"]).succeeds()
}

fn command(line: &str) -> Command {
    let mut words = line.split(' ');
    let program = words.next().expect("splitting yields at least one word");
    let arguments: Vec<&str> = words.collect();
    Command::new(program, &arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_installed_is_named_with_the_line_to_run() {
        let need = Need {
            what: "the time machine",
            is_met: || runs("no-such-program"),
            install: &["no-such-installer time-machine"],
        };
        let error = need.meet().expect_err("the program does not exist");
        assert_eq!(
            error.to_string(),
            "the time machine is missing; run `no-such-installer time-machine`"
        );
    }

    #[test]
    fn what_is_there_is_not_installed() {
        let need = Need {
            what: "cargo",
            is_met: || runs("cargo"),
            install: &["no-such-installer cargo"],
        };
        assert!(need.meet().is_ok());
    }
}
