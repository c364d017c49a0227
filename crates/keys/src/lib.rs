//! The keys of persons: made, remembered for a while, destroyed, and wrapped by root keys.
//!
//! Whoever reads or writes personal data asks a [`Keyring`]. It is made of two parts, each of them to
//! be chosen: where keys are kept ([`KeyStore`](annals_core::KeyStore)), and who wraps them
//! ([`RootKeys`](annals_core::RootKeys)). A third is for values that are not in the log: where they are
//! kept ([`SideStore`](annals_core::SideStore)).
//!
//! ```
//! use std::sync::Arc;
//! use annals_core::{SubjectId, SubjectKey};
//! use annals_keys::{Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys};
//! # use annals_core::{IdSource, RandomIds, StoreId};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let store = StoreId(RandomIds.next());
//! let kept = Arc::new(MemoryKeyStore::default());
//! let roots = Arc::new(MemoryRootKeys::new()?);
//! let keyring = Keyring::new(kept, roots, KeyringOptions::default());
//!
//! let ada = SubjectId::new("user-7")?;
//! let keys = keyring.keys_for_writing(&[ada.clone()]).await?;
//! assert!(matches!(keys.find("user-7"), Some(SubjectKey::Living(_))));
//!
//! keyring.forget(&ada).await?;
//! let keys = keyring.keys_for_reading(&[ada]).await?;
//! assert_eq!(keys.find("user-7"), Some(&SubjectKey::Erased));
//! # Ok(())
//! # }
//! ```
//!
//! In reading order:
//!
//! - where secrets come from: [`Randomness`];
//! - who wraps keys: `root_key`, one of them, and those that follow one another, in a
//!   [directory](RootKeyDirectory) or in [memory](MemoryRootKeys);
//! - where keys are kept in [memory](MemoryKeyStore); databases have their own;
//! - the [`Keyring`]: what it remembers (`opened`), what it keeps beside the log (`beside`), how a key
//!   comes about (`creation`), when one is damaged (`doubts`), and how root keys are replaced (`rotation`).

mod keyring;
mod memory_key_store;
mod memory_root_keys;
mod memory_side_store;
mod randomness;
mod root_key;
mod root_key_directory;

pub use keyring::{DiscloseError, Keyring, KeyringOptions};
pub use memory_key_store::MemoryKeyStore;
pub use memory_root_keys::MemoryRootKeys;
pub use memory_side_store::MemorySideStore;
pub use randomness::{Randomness, SystemRandomness};
pub use root_key_directory::RootKeyDirectory;
