//! The names of the files: as changed, and as a power cut would leave them.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Unsynced;
use super::contents::Contents;

type File = Arc<Mutex<Contents>>;

/// All files by name.
#[derive(Default)]
pub(super) struct Directory {
    entries: BTreeMap<String, File>,
    durable: BTreeMap<String, File>,
    unsynced: Vec<Change>,
}

enum Change {
    Create(String, File),
    Rename(String, String),
    Remove(String),
}

impl Directory {
    pub(super) fn names(&self) -> Vec<String> {
        self.entries.keys().cloned().collect()
    }

    pub(super) fn find(&self, name: &str) -> io::Result<File> {
        Ok(Arc::clone(
            self.entries.get(name).ok_or(io::ErrorKind::NotFound)?,
        ))
    }

    /// Returns the file, and how many bytes emptying it freed.
    pub(super) fn create(&mut self, name: &str) -> (File, usize) {
        if let Ok(file) = self.find(name) {
            let freed = lock(&file).set_len(0);
            return (file, freed);
        }
        let file = File::default();
        self.change(Change::Create(name.to_owned(), Arc::clone(&file)));
        (file, 0)
    }

    /// Returns how many bytes the file that was replaced frees.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<usize> {
        self.find(from)?;
        let freed = self.find(to).map_or(0, |replaced| lock(&replaced).len());
        self.change(Change::Rename(from.to_owned(), to.to_owned()));
        Ok(freed)
    }

    /// Returns how many bytes that frees.
    pub(super) fn remove(&mut self, name: &str) -> io::Result<usize> {
        let freed = lock(&self.find(name)?).len();
        self.change(Change::Remove(name.to_owned()));
        Ok(freed)
    }

    pub(super) fn sync(&mut self) {
        self.durable = self.entries.clone();
        self.unsynced.clear();
    }

    pub(super) fn bytes(&self) -> u64 {
        self.entries
            .values()
            .map(|file| lock(file).len() as u64)
            .sum()
    }

    /// The directory after a power cut, its files copied.
    pub(super) fn after_crash(&self, survives: &mut dyn FnMut(Unsynced<'_>) -> bool) -> Directory {
        let mut entries = self.durable.clone();
        for change in &self.unsynced {
            if !survives(Unsynced::Entry(change.name())) {
                break;
            }
            change.apply(&mut entries);
        }
        for (name, file) in &mut entries {
            let crashed =
                lock(file).after_crash(&mut |offset| survives(Unsynced::Sector(name, offset)));
            *file = Arc::new(Mutex::new(crashed));
        }
        Directory {
            durable: entries.clone(),
            entries,
            unsynced: Vec::new(),
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.entries);
        self.unsynced.push(change);
    }
}

impl Change {
    fn name(&self) -> &str {
        match self {
            Change::Create(name, _) | Change::Rename(_, name) | Change::Remove(name) => name,
        }
    }

    fn apply(&self, entries: &mut BTreeMap<String, File>) {
        match self {
            Change::Create(name, file) => {
                entries.insert(name.clone(), Arc::clone(file));
            }
            Change::Rename(from, to) => {
                if let Some(file) = entries.remove(from) {
                    entries.insert(to.clone(), file);
                }
            }
            Change::Remove(name) => {
                entries.remove(name);
            }
        }
    }
}

fn lock(file: &File) -> MutexGuard<'_, Contents> {
    file.lock().expect("nothing panics while it holds a file")
}
