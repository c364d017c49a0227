//! What the tests need beyond cargo, and how to get it.

use crate::command::Command;
use crate::error::Error;

/// Something that must be on the machine.
struct Need {
    what: &'static str,
    /// The line that succeeds where it is present.
    probe: &'static str,
    /// The lines that install it.
    install: &'static [&'static str],
}

const NEEDS: [Need; 3] = [
    Need {
        what: "rustfmt",
        probe: "cargo fmt --version",
        install: &["rustup component add rustfmt"],
    },
    Need {
        what: "clippy",
        probe: "cargo clippy --version",
        install: &["rustup component add clippy"],
    },
    // SQLite and the hashes are compiled from C.
    Need {
        what: "the C compiler `cc`",
        probe: "cc --version",
        install: &["apt-get update", "apt-get install --yes build-essential"],
    },
];

/// Sees that everything needed is there, and installs what is not.
pub(crate) fn set_up() -> Result<(), Error> {
    NEEDS.iter().try_for_each(Need::meet)
}

impl Need {
    fn meet(&self) -> Result<(), Error> {
        if self.is_met() {
            return Ok(());
        }
        println!("{} is missing; installing it", self.what);
        let installed = self.install.iter().try_for_each(|line| command(line).run());
        if installed.is_ok() && self.is_met() {
            return Ok(());
        }
        Err(Error::Missing {
            what: self.what,
            install: self.install,
        })
    }

    fn is_met(&self) -> bool {
        command(self.probe).succeeds()
    }
}

fn command(line: &str) -> Command {
    let mut words = line.split(' ');
    let program = words.next().expect("splitting yields at least one word");
    let arguments: Vec<&str> = words.collect();
    if program == "cargo" {
        Command::cargo(&arguments)
    } else {
        Command::new(program, &arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_installed_is_named_with_the_line_to_run() {
        let need = Need {
            what: "the time machine",
            probe: "no-such-program --version",
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
            probe: "cargo --version",
            install: &["no-such-installer cargo"],
        };
        assert!(need.meet().is_ok());
    }
}
