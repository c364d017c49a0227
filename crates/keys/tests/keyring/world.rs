//! Keys in memory that several processes share, each call of which can be counted, held up or broken off.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use annals_core::{
    KeyId, KeyStore, KeyStoreError, Rewrapping, RootId, RootKeys, StoredKey, SubjectId, SubjectKey,
    WrappedKey,
};
use annals_keys::{
    Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys, MemorySideStore, Randomness,
};
use async_trait::async_trait;
use zeroize::Zeroizing;

/// Bytes that are the same in every run, and never twice.
#[derive(Default)]
struct Counted(AtomicU64);

impl Randomness for Counted {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), KeyStoreError> {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        bytes.fill(0);
        bytes[..8].copy_from_slice(&count.to_le_bytes());
        Ok(())
    }
}

/// What several processes share.
pub(crate) struct World {
    pub(crate) store: Arc<MemoryKeyStore>,
    pub(crate) roots: Arc<MemoryRootKeys>,
    beside: Arc<MemorySideStore>,
    randomness: Arc<Counted>,
}

impl World {
    pub(crate) fn new() -> Self {
        let randomness = Arc::new(Counted::default());
        let roots = MemoryRootKeys::with_randomness(Arc::<Counted>::clone(&randomness)).unwrap();
        Self {
            store: Arc::default(),
            roots: Arc::new(roots),
            beside: Arc::default(),
            randomness,
        }
    }

    /// The keyring of one more process.
    pub(crate) fn keyring(&self) -> Keyring {
        let keyring = self.keyring_without_side_store();
        keyring.with_side_store(Arc::<MemorySideStore>::clone(&self.beside))
    }

    pub(crate) fn keyring_without_side_store(&self) -> Keyring {
        self.observed(&Arc::default(), KeyringOptions::default())
    }

    /// The keyring of one more process, whose calls are observed.
    pub(crate) fn observed(&self, calls: &Arc<Calls>, options: KeyringOptions) -> Keyring {
        let store = Arc::new(Observed {
            inner: Arc::clone(&self.store),
            calls: Arc::clone(calls),
        });
        let roots = Arc::new(Observed {
            inner: Arc::clone(&self.roots),
            calls: Arc::clone(calls),
        });
        Keyring::new(store, roots, options).with_randomness(Arc::<Counted>::clone(&self.randomness))
    }

    /// The key of a person, as a process finds it that has just started.
    pub(crate) async fn key(&self, name: &str) -> Option<SubjectKey> {
        let keyring = self.keyring();
        let keys = keyring.keys_for_reading(&[person(name)]).await;
        keys.unwrap().find(name).cloned()
    }
}

pub(crate) fn person(name: &str) -> SubjectId {
    SubjectId::new(name).unwrap()
}

/// The key by which something is written about a person.
pub(crate) async fn write(keyring: &Keyring, name: &str) -> Option<SubjectKey> {
    let keys = keyring.keys_for_writing(&[person(name)]).await;
    keys.unwrap().find(name).cloned()
}

/// The key by which something about a person is read.
pub(crate) async fn read(keyring: &Keyring, name: &str) -> Option<SubjectKey> {
    let keys = keyring.keys_for_reading(&[person(name)]).await;
    keys.unwrap().find(name).cloned()
}

/// The calls of one process.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) made: AtomicU64,
    /// The call at which the process dies; 0: at none.
    pub(crate) dies_at: AtomicU64,
    /// Whether that call takes effect, so that only its answer is lost.
    pub(crate) dies_late: bool,
    /// Whether a process stands still before each call, for others to go on.
    pub(crate) stands_still: bool,
}

impl Calls {
    /// How many were made since this was asked before.
    pub(crate) fn made_since(&self) -> u64 {
        self.made.swap(0, Ordering::Relaxed)
    }

    async fn observe<T>(
        &self,
        call: impl Future<Output = Result<T, KeyStoreError>>,
    ) -> Result<T, KeyStoreError> {
        if self.stands_still {
            stand_still().await;
        }
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let dies_at = self.dies_at.load(Ordering::Relaxed);
        let is_dead = dies_at != 0 && number >= dies_at;
        if is_dead && !(self.dies_late && number == dies_at) {
            return Err(dead());
        }
        let answer = call.await;
        if is_dead { Err(dead()) } else { answer }
    }
}

fn dead() -> KeyStoreError {
    KeyStoreError::Unavailable(Arc::new(std::io::Error::other("the process died")))
}

/// Is ready when it is asked a second time.
async fn stand_still() {
    let mut was_asked = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut was_asked, true) {
        true => std::task::Poll::Ready(()),
        false => std::task::Poll::Pending,
    })
    .await;
}

struct Observed<T> {
    inner: Arc<T>,
    calls: Arc<Calls>,
}

#[async_trait]
impl KeyStore for Observed<MemoryKeyStore> {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        self.calls.observe(self.inner.find(subjects)).await
    }

    async fn create(&self, of: &SubjectId, key: WrappedKey) -> Result<StoredKey, KeyStoreError> {
        self.calls.observe(self.inner.create(of, key)).await
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        self.calls.observe(self.inner.destroy(subject)).await
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        let told = self.inner.wrapped_otherwise(root, limit);
        self.calls.observe(told).await
    }

    async fn rewrap(&self, wrappings: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        self.calls.observe(self.inner.rewrap(wrappings)).await
    }
}

#[async_trait]
impl RootKeys for Observed<MemoryRootKeys> {
    async fn current(&self) -> Result<RootId, KeyStoreError> {
        self.calls.observe(self.inner.current()).await
    }

    async fn wrap(
        &self,
        subject: &SubjectId,
        id: KeyId,
        secret: &[u8; 32],
    ) -> Result<WrappedKey, KeyStoreError> {
        let wrapped = self.inner.wrap(subject, id, secret);
        self.calls.observe(wrapped).await
    }

    async fn unwrap(
        &self,
        subject: &SubjectId,
        key: &WrappedKey,
    ) -> Result<Zeroizing<[u8; 32]>, KeyStoreError> {
        self.calls.observe(self.inner.unwrap(subject, key)).await
    }

    async fn begin_rotation(&self) -> Result<RootId, KeyStoreError> {
        self.calls.observe(self.inner.begin_rotation()).await
    }

    async fn finish_rotation(&self, root: &RootId) -> Result<(), KeyStoreError> {
        self.calls.observe(self.inner.finish_rotation(root)).await
    }
}
