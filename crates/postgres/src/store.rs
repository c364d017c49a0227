//! The event store.

use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;
use tokio_postgres::types::Type;

use crate::append::{Appender, append_within};
use crate::error::PostgresError;
use crate::head::{Head, Watcher};
use crate::import::Import;
use crate::inline::{InlineProjection, InlineProjections};
use crate::kinds::Kinds;
use crate::postgres::{Postgres, Transaction};
use crate::read::{Reader, outcome};
use crate::subscribe::subscribe;

/// An event store that several processes share.
///
/// Appends of one process that arrive together travel as one transaction, in one round trip, and
/// each gets its own verdict. An append whose answer is lost is repeated until it is known what
/// became of it, for as long as the append timeout; after that it is unconfirmed.
///
/// While the database is away, appends and reads are `unavailable`; once it is back they work
/// again, without a restart.
pub struct PostgresStore {
    id: StoreId,
    reader: Arc<Reader>,
    inline: Option<Arc<InlineProjections>>,
    appender: Appender,
}

impl PostgresStore {
    /// Opens the store of a database.
    ///
    /// # Errors
    /// [`PostgresError::Unavailable`] when the database does not answer.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn open(postgres: &Postgres) -> Result<Self, PostgresError> {
        Self::open_with_inline(postgres, Vec::new()).await
    }

    /// Opens the store of a database, and keeps projections up to date in the transaction of every
    /// append through this store.
    ///
    /// # Contract
    ///
    /// 1. A read of their tables that starts after an acknowledgement sees the append in them, and
    ///    everything before it, whoever recorded that.
    /// 2. An append that a projection cannot take in is refused as [`AppendError::Projection`],
    ///    and nothing of it is written; other appends are not refused for it. While the database
    ///    does not let a projection write, for want of a right or a lock, appends are unavailable.
    /// 3. They are brought up to date before this answers. One that is far behind later on,
    ///    because others append without it, is brought up to date apart from appends, which wait
    ///    for it or are unavailable.
    /// 4. The same projection may run elsewhere, too: whoever comes first takes an event in, once.
    /// 5. All writers of the store wait while they take in an append: few and small projections.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`PostgresError::Projection`] when one cannot be brought up to
    /// date, for instance because an event that is recorded cannot be taken in.
    ///
    /// # Panics
    /// As [`open`](Self::open), and when two projections have the same name.
    pub async fn open_with_inline(
        postgres: &Postgres,
        projections: Vec<InlineProjection>,
    ) -> Result<Self, PostgresError> {
        let sql = postgres.sql("select id from {schema}.store");
        let rows = postgres.client().await?.rows(&sql, &[]).await?;
        let Some(row) = rows.first() else {
            return Err(PostgresError::Schema {
                schema: postgres.options().schema.clone(),
                reason: "the store has no id".to_owned(),
            });
        };
        let id = StoreId(row.try_get(0)?);
        let kinds = Kinds::default();
        kinds.learn_all(postgres).await?;
        let reader = Arc::new(Reader {
            postgres: postgres.clone(),
            kinds,
            head: Head::new(),
        });
        tokio::spawn(Watcher::new(&reader).run());
        let inline = match projections.is_empty() {
            true => None,
            false => Some(Arc::new(
                InlineProjections::open(id, &reader, projections).await?,
            )),
        };
        let appender = Appender::start(&reader, inline.as_ref());
        Ok(Self {
            id,
            reader,
            inline,
            appender,
        })
    }

    /// Records an append in a transaction of the caller's own, beside statements of the caller's
    /// own: all of it takes effect together, or nothing.
    ///
    /// ```no_run
    /// # use annals_core::{Append, EventStore};
    /// # use annals_postgres::{Postgres, PostgresStore};
    /// # async fn pay(postgres: Postgres, store: PostgresStore, append: Append) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut client = postgres.client().await?;
    /// let tx = client.transaction().await?;
    /// tx.execute("update invoices set paid = true where number = 17", &[]).await?;
    /// let appended = store.append_in(&tx, append).await?;
    /// tx.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Contract
    ///
    /// 1. The append comes last. From here on until the transaction ends, all other writers of the
    ///    store wait, whatever the answer was. The server ends a transaction in which nothing
    ///    happens for five seconds.
    /// 2. The transaction is one of the database of this store, at isolation level read committed,
    ///    which is what it begins with.
    /// 3. An answer without error means: recorded if the transaction commits. Nobody sees the
    ///    events before, and if it is rolled back, they have never been.
    /// 4. What was recorded before is acknowledged, in this transaction too. An append that is
    ///    refused as a conflict, by its condition or as invalid leaves the transaction as it was:
    ///    it can go on and commit. After any other error it can only be rolled back.
    /// 5. If the answer to the commit is lost, [`find_append`](EventStore::find_append) tells
    ///    whether all of it took effect: ask before doing the other statements again.
    /// 6. Inline projections take it in, in the same transaction. Those by SQL leave it with the
    ///    search path of read models. An append that finds one far behind is unavailable, and
    ///    succeeds later.
    /// 7. Subscribers learn of it as promptly as of any append. Behind a pooler they learn of it
    ///    when they ask next, also those of this process.
    ///
    /// # Errors
    /// As [`append`](EventStore::append), but never unconfirmed: before the commit nothing is
    /// recorded.
    pub async fn append_in(
        &self,
        tx: &Transaction<'_>,
        append: Append,
    ) -> Result<Appended, AppendError> {
        let store = (self.id, &*self.reader);
        append_within(tx, store, self.inline.as_ref(), append).await
    }

    /// Begins to import a history: its appends are recorded many at a time, by binary `COPY`. One
    /// after the other, each would wait for a round trip and a flush of its own.
    ///
    /// ```no_run
    /// # use annals_core::Append;
    /// # use annals_postgres::PostgresStore;
    /// # async fn moved(store: PostgresStore, history: Vec<Append>) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut import = store.import();
    /// for append in history {
    ///     import.append(append).await?;
    /// }
    /// let imported = import.finish().await?;
    /// println!("{imported}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Contract
    ///
    /// 1. Appends are recorded in the order that they are given in, each as an append would be:
    ///    all or nothing, if its streams are as it expects, and once. They are recorded now: when
    ///    it happened is the business time in an event's metadata.
    /// 2. They go out in batches of about 5,000 events or 4 MiB. Each batch is one transaction,
    ///    which all other writers of the store wait for.
    /// 3. What is recorded already, to the letter, is passed over. So an import that stopped,
    ///    whatever the reason, is run again from its beginning.
    /// 4. An append that is refused stops the import, and nothing of its batch is recorded. An
    ///    append with a condition is always refused.
    /// 5. Others append, read and subscribe meanwhile. Inline projections take each batch in.
    pub fn import(&self) -> Import {
        Import::into_store(&self.reader, self.inline.as_ref())
    }

    pub(crate) fn postgres(&self) -> &Postgres {
        &self.reader.postgres
    }

    async fn position_of(&self, append: AppendId) -> Result<Option<i64>, PostgresError> {
        let sql = self.reader.postgres.sql("select {schema}.find_append($1)");
        let client = self.reader.postgres.client().await?;
        let rows = client.rows(&sql, &[(&append.0, Type::UUID)]).await?;
        Ok(rows.first().map_or(Ok(None), |row| row.try_get(0))?)
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    fn id(&self) -> StoreId {
        self.id
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.appender.append(append).await
    }

    /// Answers once this store no longer tries the append: after a lost answer, that is when the
    /// append timeout has passed. It does not know what another process has on its way.
    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        // Before a connection is taken: reads need them meanwhile.
        self.appender.settled(id).await;
        let Some(position) = self.position_of(id).await? else {
            return Ok(None);
        };
        let recorded = self.reader.appends_at(&[position]).await?;
        Ok(recorded.get(&position).and_then(|events| outcome(events)))
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.reader.read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        subscribe(&self.reader, source)
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.reader.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.reader.stream_version(stream).await
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("id", &self.id)
            .field("postgres", &self.reader.postgres)
            .finish_non_exhaustive()
    }
}
