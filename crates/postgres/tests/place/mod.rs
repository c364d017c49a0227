//! A schema of its own on a server of the tests.

use annals_core::{IdSource, RandomIds};

/// A schema that nobody else uses. It is left behind: the server is thrown away.
pub(crate) struct Place {
    server: String,
    schema: String,
}

impl Place {
    /// A fresh schema on a server.
    pub(crate) fn on(server: String) -> Self {
        let schema = format!("t_{}", RandomIds.next().simple());
        Self { server, schema }
    }

    /// Where the store is.
    pub(crate) fn url(&self) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{mark}schema={}", self.server, self.schema)
    }
}
