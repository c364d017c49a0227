//! Root keys in memory, with a flaw in how they are asked.

use std::sync::Arc;

use annals_core::{KeyId, KeyStoreError, RootId, RootKeys, SubjectId, WrappedKey};
use annals_keys::MemoryRootKeys;
use annals_testing::root_keys::Holding;
use async_trait::async_trait;
use uuid::Uuid;
use zeroize::Zeroizing;

/// What is wrong with root keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RootFlaw {
    None,
    DestroysWhenItBegins,
    BindsToNobody,
    NeverDestroys,
    DestroysAllButTheLast,
    RemembersTheCurrent,
}

/// What the processes share that use them.
pub(crate) struct Roots {
    inner: Arc<MemoryRootKeys>,
    flaw: RootFlaw,
}

impl Roots {
    pub(crate) fn with(flaw: RootFlaw) -> Self {
        let inner = Arc::new(MemoryRootKeys::new().expect("there is randomness"));
        Self { inner, flaw }
    }
}

#[async_trait]
impl Holding for Roots {
    async fn open(&self) -> Arc<dyn RootKeys> {
        let inner = Arc::clone(&self.inner);
        let at_first = inner.current().await.expect("there is one");
        let flaw = self.flaw;
        Arc::new(FlawedRoots {
            inner,
            at_first,
            flaw,
        })
    }
}

struct FlawedRoots {
    inner: Arc<MemoryRootKeys>,
    at_first: RootId,
    flaw: RootFlaw,
}

fn nobody() -> (SubjectId, KeyId) {
    (
        SubjectId::new("nobody").expect("a valid name"),
        KeyId(Uuid::nil()),
    )
}

#[async_trait]
impl RootKeys for FlawedRoots {
    async fn current(&self) -> Result<RootId, KeyStoreError> {
        match self.flaw {
            RootFlaw::RemembersTheCurrent => Ok(self.at_first.clone()),
            _ => self.inner.current().await,
        }
    }

    async fn wrap(
        &self,
        subject: &SubjectId,
        id: KeyId,
        secret: &[u8; 32],
    ) -> Result<WrappedKey, KeyStoreError> {
        if self.flaw != RootFlaw::BindsToNobody {
            return self.inner.wrap(subject, id, secret).await;
        }
        let (nobody, no_id) = nobody();
        let wrapped = self.inner.wrap(&nobody, no_id, secret).await?;
        Ok(WrappedKey { id, ..wrapped })
    }

    async fn unwrap(
        &self,
        subject: &SubjectId,
        key: &WrappedKey,
    ) -> Result<Zeroizing<[u8; 32]>, KeyStoreError> {
        if self.flaw != RootFlaw::BindsToNobody {
            return self.inner.unwrap(subject, key).await;
        }
        let (nobody, id) = nobody();
        let key = WrappedKey { id, ..key.clone() };
        self.inner.unwrap(&nobody, &key).await
    }

    async fn begin_rotation(&self) -> Result<RootId, KeyStoreError> {
        let begun = self.inner.begin_rotation().await?;
        if self.flaw == RootFlaw::DestroysWhenItBegins {
            self.inner.finish_rotation(&begun).await?;
        }
        Ok(begun)
    }

    async fn finish_rotation(&self, root: &RootId) -> Result<(), KeyStoreError> {
        match self.flaw {
            RootFlaw::NeverDestroys => Ok(()),
            RootFlaw::DestroysAllButTheLast => {
                let last = self.inner.current().await?;
                self.inner.finish_rotation(&last).await
            }
            _ => self.inner.finish_rotation(root).await,
        }
    }
}
