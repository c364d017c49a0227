//! A schema of its own for each test, on the server that `cargo xtask` starts.

use annals::{IdSource, RandomIds};
use annals_reference::place::StoreUrl;

/// Where nobody else keeps anything. It is left behind: the server is thrown away.
pub(crate) fn url_of_a_new_schema() -> StoreUrl {
    let schema = RandomIds.next().simple();
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    format!("{server}{mark}schema=t_{schema}").into()
}
