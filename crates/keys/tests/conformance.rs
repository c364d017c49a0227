//! What is in memory or in a directory keeps the contracts of key stores, side stores and root keys.

mod keys_in_memory {
    use std::sync::Arc;

    use annals_core::KeyStore;
    use annals_keys::MemoryKeyStore;
    use annals_testing::key_stores::Keeping;
    use async_trait::async_trait;

    #[derive(Default)]
    struct InMemory(Arc<MemoryKeyStore>);

    #[async_trait]
    impl Keeping for InMemory {
        async fn open(&self) -> Arc<dyn KeyStore> {
            Arc::<MemoryKeyStore>::clone(&self.0)
        }
    }

    annals_testing::key_stores_suite!(InMemory::default());
}

mod values_in_memory {
    use std::sync::Arc;

    use annals_core::SideStore;
    use annals_keys::MemorySideStore;
    use annals_testing::side_stores::Keeping;
    use async_trait::async_trait;

    #[derive(Default)]
    struct InMemory(Arc<MemorySideStore>);

    #[async_trait]
    impl Keeping for InMemory {
        async fn open(&self) -> Arc<dyn SideStore> {
            Arc::<MemorySideStore>::clone(&self.0)
        }
    }

    annals_testing::side_stores_suite!(InMemory::default());
}

mod root_keys_in_memory {
    use std::sync::Arc;

    use annals_core::RootKeys;
    use annals_keys::MemoryRootKeys;
    use annals_testing::root_keys::Holding;
    use async_trait::async_trait;

    struct InMemory(Arc<MemoryRootKeys>);

    #[async_trait]
    impl Holding for InMemory {
        async fn open(&self) -> Arc<dyn RootKeys> {
            Arc::<MemoryRootKeys>::clone(&self.0)
        }
    }

    annals_testing::root_keys_suite!(InMemory(Arc::new(
        MemoryRootKeys::new().expect("there is randomness")
    )));
}

mod root_keys_in_a_directory {
    use std::sync::Arc;

    use annals_core::RootKeys;
    use annals_keys::RootKeyDirectory;
    use annals_testing::root_keys::Holding;
    use async_trait::async_trait;
    use tempfile::TempDir;

    struct InDirectory(TempDir);

    #[async_trait]
    impl Holding for InDirectory {
        async fn open(&self) -> Arc<dyn RootKeys> {
            let opened = RootKeyDirectory::open_or_make(self.0.path().join("roots")).await;
            Arc::new(opened.expect("it can be made"))
        }
    }

    annals_testing::root_keys_suite!(InDirectory(
        tempfile::tempdir().expect("directories can be made")
    ));
}
