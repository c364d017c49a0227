//! A server that loses what it acknowledged is refused.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::PostgresError;

/// What must be on for an acknowledged append to survive. `synchronous_commit` has other values
/// beside `off`; all of them wait for the local disk.
const SETTINGS: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// Checks the settings of a session: those of the server, the database and the role.
pub(crate) async fn check(client: &Client) -> Result<(), PostgresError> {
    let values = "select current_setting('fsync'), current_setting('full_page_writes'),
                         current_setting('synchronous_commit'), current_setting('server_encoding')";
    let row = client
        .query_typed_one(
            values,
            &[] as &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)],
        )
        .await?;
    for (column, setting) in SETTINGS.into_iter().enumerate() {
        let value: &str = row.try_get(column)?;
        if value == "off" {
            let value = value.to_owned();
            return Err(PostgresError::NotDurable { setting, value });
        }
    }
    let encoding: &str = row.try_get(SETTINGS.len())?;
    if encoding != "UTF8" {
        let reason = format!("the database's encoding is {encoding}, it must be UTF8");
        return Err(PostgresError::Options(reason));
    }
    Ok(())
}
