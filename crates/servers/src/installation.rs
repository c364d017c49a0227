//! Where the programs of the servers are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::ServerError;

/// Names the folder that holds `postgres` and `initdb`, when it is none of the usual ones.
pub const PROGRAMS_VARIABLE: &str = "ANNALS_POSTGRES_BIN";

/// Where Debian keeps the programs of each major version, in `<version>/bin`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder of PostgreSQL's programs: the one that the variable names, one of `PATH`, or else
/// the newest that Debian installed.
pub(crate) fn postgres() -> Result<PathBuf, ServerError> {
    let named = env::var_os(PROGRAMS_VARIABLE).map(PathBuf::from);
    let mut folders: Vec<PathBuf> = named.into_iter().chain(path()).collect();
    folders.extend(debian_versions(Path::new(DEBIAN)));
    // Debian puts links to some programs in the path, never to the server.
    find("postgres", &folders)
}

/// The folder of a server that is started by its name: PgBouncer, Redis, NATS.
pub(crate) fn daemon(program: &'static str) -> Result<PathBuf, ServerError> {
    // The path of an ordinary user does not hold it.
    let mut folders = path();
    folders.push(PathBuf::from("/usr/sbin"));
    find(program, &folders)
}

fn path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect()
}

fn find(program: &'static str, folders: &[PathBuf]) -> Result<PathBuf, ServerError> {
    let found = folders.iter().find(|folder| folder.join(program).is_file());
    found.cloned().ok_or_else(|| ServerError::NotInstalled {
        program,
        searched: folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect(),
    })
}

/// Newest first.
fn debian_versions(parent: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<u32> = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let folder = |version: u32| parent.join(version.to_string()).join("bin");
    versions.into_iter().map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9", "15", "16", "extension"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let folders = debian_versions(parent.path());
        let expected = ["16/bin", "15/bin", "9/bin"].map(|name| parent.path().join(name));
        assert_eq!(folders, expected);
    }

    #[test]
    fn what_is_not_installed_is_told_with_the_folders_searched() {
        let error = find("carrier-pigeon", &["/roof".into(), "/attic".into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "carrier-pigeon is not installed; looked in /roof, /attic"
        );
    }
}
