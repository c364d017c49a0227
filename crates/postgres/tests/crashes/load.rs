//! What goes on when the crash comes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use annals_core::{EventStore, Read, Source};
use annals_postgres::{Postgres, PostgresOptions, PostgresStore};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::history::{self, Counts};
use crate::random::Random;
use crate::subscriber::Subscriber;
use crate::writer::{Entry, Round, Writer};

/// How many append at once.
const WRITERS: usize = 8;

/// Short, so that writers notice a crash before it is over.
const APPEND_TIMEOUT: Duration = Duration::from_millis(400);

/// Nothing that is waited for takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Writers and a subscriber, on a store that is opened once.
pub(crate) struct Load {
    store: Arc<dyn EventStore>,
    writers: Vec<Writer>,
    subscriber: Subscriber,
    is_up: watch::Sender<bool>,
}

impl Load {
    /// A load on the store of a database.
    pub(crate) async fn on(url: &str, random: &mut Random) -> Self {
        let options = PostgresOptions::new(url)
            .unwrap()
            .append_timeout(APPEND_TIMEOUT);
        let postgres = Postgres::connect_with(options).await.unwrap();
        let store: Arc<dyn EventStore> = Arc::new(PostgresStore::open(&postgres).await.unwrap());
        let writers = (0..WRITERS)
            .map(|number| Writer::new(number, random.split()))
            .collect();
        let (is_up, follows) = watch::channel(true);
        let subscriber = Subscriber::start(Arc::clone(&store), follows);
        Self {
            store,
            writers,
            subscriber,
            is_up,
        }
    }

    /// The store.
    pub(crate) fn store(&self) -> &dyn EventStore {
        &*self.store
    }

    /// Lets all writers append, and crashes the database in the midst of it, once so many appends
    /// are acknowledged.
    pub(crate) async fn crash_after(&mut self, acknowledged: usize, crash: impl FnOnce()) {
        let round = Arc::new(Round::default());
        let mut writers = JoinSet::new();
        for writer in self.writers.drain(..) {
            writers.spawn(writer.run(Arc::clone(&self.store), Arc::clone(&round)));
        }
        let mut recorded = round.recorded.subscribe();
        let enough = recorded.wait_for(|recorded| *recorded >= acknowledged);
        timeout(LIMIT, enough)
            .await
            .expect("appends are acknowledged")
            .unwrap();
        crash();
        self.is_up.send_replace(false);
        round.is_over.store(true, Ordering::SeqCst);
        let returned = timeout(LIMIT, writers.join_all()).await;
        self.writers = returned.expect("every append gets an answer");
    }

    /// Compares the store, which is up again, with what writers and subscriber were told.
    pub(crate) async fn verify(&mut self) -> Counts {
        self.is_up.send_replace(true);
        let read = self
            .store
            .read(Read::forwards(Source::all()))
            .await
            .unwrap();
        let history = read.collect().await.unwrap();
        let journal = self.writers.iter().flat_map(Writer::journal);
        let journal: Vec<&Entry> = journal.collect();
        let counts = history::compare(&history, &journal).unwrap_or_else(|lie| panic!("{lie}"));
        let delivered = timeout(LIMIT, self.subscriber.delivered(history.len())).await;
        assert!(
            delivered.expect("the subscriber gets everything") == history,
            "delivered is not what is recorded"
        );
        counts
    }

    /// Lets each writer settle what it has left, and compares once more: now all is recorded.
    pub(crate) async fn finish(mut self) -> Counts {
        for writer in &mut self.writers {
            let settled = timeout(LIMIT, writer.settle(&*self.store)).await;
            settled.expect("a store that is up takes appends");
        }
        self.verify().await
    }
}
