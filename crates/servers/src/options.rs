//! What may be asked of a cluster.

use std::path::PathBuf;

/// What may be asked of a [`PostgresCluster`](crate::PostgresCluster).
///
/// Everything has a default: the programs of the machine, a throwaway folder, no TLS, and
/// PostgreSQL's own settings but for their number of connections and amount of memory. What
/// makes commits durable stays on unless a setting says otherwise.
#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    pub(crate) programs: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) tls: Option<TlsFiles>,
}

/// How a server shows who it is.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

impl ClusterOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder that holds `postgres` and `initdb`.
    #[must_use]
    pub fn programs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.programs = Some(folder.into());
        self
    }

    /// The folder of the data. It is made when it is not there, used as it is when it holds a
    /// cluster, and kept in the end. Who may enter it is up to the caller.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// One more setting, as in `postgresql.conf`. Of two for the same name the last one counts.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Offers TLS. The files are copied, because a server reads only a key of its own.
    #[must_use]
    pub fn tls(mut self, files: TlsFiles) -> Self {
        self.tls = Some(files);
        self
    }
}
