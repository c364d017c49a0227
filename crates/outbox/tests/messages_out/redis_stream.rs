//! What a reader of a Redis stream sees.

use std::collections::HashMap;

use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;

use crate::doors::LONG;

/// A reader, and whoever else writes.
pub(crate) struct Reader(MultiplexedConnection);

/// An entry: its id and its fields.
pub(crate) type Entry = (String, HashMap<String, String>);

impl Reader {
    pub(crate) async fn of(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(LONG))
            .set_response_timeout(Some(LONG));
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        Self(connecting.await.unwrap())
    }

    /// All entries.
    pub(crate) async fn entries(&mut self, stream: &str) -> Vec<Entry> {
        let mut range = redis::cmd("XRANGE");
        range.arg(stream).arg("-").arg("+");
        let found: StreamRangeReply = range.query_async(&mut self.0).await.unwrap();
        let entries = found.ids.into_iter();
        entries
            .map(|entry| {
                let fields = entry.map.into_iter();
                let fields =
                    fields.map(|(name, value)| (name, redis::from_redis_value(value).unwrap()));
                (entry.id, fields.collect())
            })
            .collect()
    }

    /// The ids of all entries.
    pub(crate) async fn ids(&mut self, stream: &str) -> Vec<String> {
        let entries = self.entries(stream).await.into_iter();
        entries.map(|(id, _)| id).collect()
    }

    /// Runs a command of words.
    pub(crate) async fn run(&mut self, command: &str) {
        let mut words = command.split(' ');
        let mut run = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            run.arg(word);
        });
        run.exec_async(&mut self.0).await.unwrap();
    }
}

/// The ids of entries at these positions.
pub(crate) fn ids(positions: impl IntoIterator<Item = u64>) -> Vec<String> {
    let positions = positions.into_iter();
    positions.map(|position| format!("{position}-0")).collect()
}

/// The address in a URL of a server.
pub(crate) fn address(url: &str) -> &str {
    url.split_once("://").unwrap().1
}
