//! Databases of the benchmark's own: made fresh, dropped in the end.

use std::str::FromStr;

use tokio_postgres::{Client, Config, NoTls};
use url::Url;

use crate::Outcome;

/// A database for one candidate. What an interrupted run left under its name is dropped first.
pub(crate) struct Database {
    name: String,
    server: Url,
}

impl Database {
    /// Makes an empty database on the server of this URL.
    pub(crate) async fn create(server: &str, candidate: &str) -> Outcome<Self> {
        let name = format!("annals_bench_{candidate}");
        let server = Url::parse(server)?;
        let made = Self { name, server };
        made.drop_if_exists().await?;
        made.on_server(&format!("create database {}", made.name))
            .await?;
        Ok(made)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// Gives the planner its statistics, and writes to the disk what would disturb a measure later.
    pub(crate) async fn settle(&self) -> Outcome {
        let client = connect(&self.url()).await?;
        client.batch_execute("vacuum analyze").await?;
        client.batch_execute("checkpoint").await?;
        Ok(())
    }

    /// Drops it, with whoever is still connected.
    pub(crate) async fn drop_if_exists(&self) -> Outcome {
        let drop = format!("drop database if exists {} with (force)", self.name);
        self.on_server(&drop).await
    }

    async fn on_server(&self, statement: &str) -> Outcome {
        let client = connect(self.server.as_str()).await?;
        Ok(client.batch_execute(statement).await?)
    }
}

/// A connection of its own, that lives as long as the client.
pub(crate) async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = Config::from_str(url)?.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
