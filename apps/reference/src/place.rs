//! Where a bank keeps its events, read models and keys.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a bank keeps its events, read models and keys.
#[derive(Debug, Clone)]
pub enum Place {
    /// In memory, for tests and trials: gone with the bank.
    Memory,
    /// In a directory, for one process at a time.
    Directory {
        /// Which one.
        path: PathBuf,
        /// Where the keys of persons are; below it if nothing is said.
        keys: Option<PathBuf>,
    },
    /// In a database, which several processes may share.
    Postgres {
        /// Which one. It has the keys of persons too.
        url: StoreUrl,
        /// Where the keys are that those are wrapped by: never in the database.
        root_keys: PathBuf,
    },
}

/// The URL of a database. It may hold a password, so it is never shown.
#[derive(Clone)]
pub struct StoreUrl(String);

impl StoreUrl {
    /// The URL as it was given.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True if it is one of PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        let (scheme, _) = self.0.split_once("://").unwrap_or_default();
        matches!(scheme, "postgres" | "postgresql")
    }

    /// True if it holds a password.
    pub(crate) fn has_password(&self) -> bool {
        let (_, rest) = self.0.split_once("://").unwrap_or_default();
        let credentials = rest.split_once('@').map(|(credentials, _)| credentials);
        credentials.is_some_and(|it| it.contains(':')) || rest.contains("password=")
    }
}

impl From<String> for StoreUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreUrl(…)")
    }
}

impl Place {
    /// A directory, with keys below it.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self::Directory {
            path: path.into(),
            keys: None,
        }
    }
}

/// Where keys are if nothing is said: beside the directory of the data, so that a copy of the one is
/// none of the other. A directory that has no name, such as `.`, has them below.
pub(crate) fn keys_beside(data: &Path) -> PathBuf {
    let Some(name) = data.file_name() else {
        return data.join("keys");
    };
    let mut name = name.to_owned();
    name.push(".keys");
    data.with_file_name(name)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::Directory { path, .. } => path.display().fmt(f),
            Self::Postgres { .. } => f.write_str("PostgreSQL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> StoreUrl {
        text.to_owned().into()
    }

    #[test]
    fn a_password_is_seen_wherever_it_stands() {
        for text in [
            "postgres://me:secret@host/bank",
            "postgres://me:@host",
            "postgres://me@host/bank?password=secret",
            "postgres://host?user=me&password=secret",
        ] {
            assert!(url(text).has_password(), "{text}");
        }
        for text in [
            "postgres://host:5432/bank",
            "postgres://me@host:5432/bank?schema=a",
            "",
        ] {
            assert!(!url(text).has_password(), "{text}");
        }
    }

    #[test]
    fn keys_are_beside_the_data_and_not_below() {
        for (data, keys) in [
            ("./annals-data", "./annals-data.keys"),
            ("/var/lib/bank/", "/var/lib/bank.keys"),
            ("bank.v2", "bank.v2.keys"),
            (".", "./keys"),
            ("/", "/keys"),
        ] {
            assert_eq!(keys_beside(Path::new(data)), Path::new(keys));
        }
    }

    #[test]
    fn a_url_is_not_shown() {
        let place = Place::Postgres {
            url: url("postgres://me:secret@host/bank"),
            root_keys: PathBuf::from("root-keys"),
        };
        assert!(!format!("{place} {place:?}").contains("secret"));
    }
}
