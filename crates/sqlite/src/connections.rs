//! Connections to one database, lent to one piece of work at a time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::error::SqliteError;

/// Longest wait for a connection, and inside of SQLite for the lock of another process.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A fixed number of connections. Who finds none free waits in line, up to [`LONGEST_WAIT`].
#[derive(Debug)]
pub(crate) struct Connections {
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

impl Connections {
    pub(crate) fn new(connections: Vec<Connection>) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(connections.len()));
        let idle = Mutex::new(connections);
        Arc::new(Self { idle, free })
    }

    /// Runs work on a thread that may block. Once begun it runs to its end, even if the caller
    /// is no longer there. A panic in it reaches the caller; the connection stays usable.
    pub(crate) async fn run<T, E, W>(self: &Arc<Self>, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqliteError> + Send + 'static,
        W: FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        let permit = self.permit().await?;
        let connections = Arc::clone(self);
        let done = spawn_blocking(move || connections.lend(permit, work)).await;
        done.unwrap_or_else(|failure| match failure.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(unavailable("the process is about to stop").into()),
        })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, SqliteError> {
        let permit = timeout(LONGEST_WAIT, Arc::clone(&self.free).acquire_owned()).await;
        let permit = permit.map_err(|_| unavailable("all connections are in use"))?;
        Ok(permit.expect("the semaphore is never closed"))
    }

    fn lend<T>(&self, permit: OwnedSemaphorePermit, work: impl FnOnce(&mut Connection) -> T) -> T {
        let mut connection = self.take();
        // A transaction rolls back while the panic unwinds, so the connection is as before.
        let done = catch_unwind(AssertUnwindSafe(|| work(&mut connection)));
        self.put_back(connection);
        drop(permit);
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn take(&self) -> Connection {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop().expect("as many permits as connections")
    }

    fn put_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
    }
}

fn unavailable(reason: &str) -> SqliteError {
    SqliteError::Unavailable {
        reason: reason.to_owned(),
    }
}
