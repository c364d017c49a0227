//! The bytes of one file: as written, and as a power cut would leave them.

use std::collections::BTreeMap;

/// What a disk writes as a whole or not at all.
pub(super) const SECTOR: usize = 512;

/// One file.
#[derive(Default)]
pub(super) struct Contents {
    /// What a read returns: the page cache.
    cached: Vec<u8>,
    durable_len: usize,
    /// The sectors whose bytes on the medium are not those in the cache, by number.
    differing: BTreeMap<usize, OnMedium>,
}

struct OnMedium {
    bytes: Vec<u8>,
    /// Whether the next sync writes the sector. After a failed sync the cache believes it has.
    dirty: bool,
}

impl Contents {
    pub(super) fn len(&self) -> usize {
        self.cached.len()
    }

    pub(super) fn read(&self, buffer: &mut [u8], offset: usize) -> usize {
        let available = self.cached.get(offset..).unwrap_or_default();
        let read = available.len().min(buffer.len());
        buffer[..read].copy_from_slice(&available[..read]);
        read
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        self.touch(offset, end);
        if self.cached.len() < end {
            self.cached.resize(end, 0);
        }
        self.cached[offset..end].copy_from_slice(bytes);
    }

    /// Returns how many bytes that freed.
    pub(super) fn set_len(&mut self, length: usize) -> usize {
        let freed = self.cached.len().saturating_sub(length);
        self.touch(length, length + freed);
        self.cached.resize(length, 0);
        freed
    }

    pub(super) fn sync(&mut self) {
        self.differing.retain(|_, sector| !sector.dirty);
        self.durable_len = self.cached.len();
    }

    /// The cache forgets what it had to write, and reads still show it.
    pub(super) fn fail_sync(&mut self) {
        for sector in self.differing.values_mut() {
            sector.dirty = false;
        }
    }

    /// The file after a power cut that left the unsynced sectors for which `survives` says so of their offset.
    pub(super) fn after_crash(&self, survives: &mut dyn FnMut(u64) -> bool) -> Contents {
        let mut image = self.on_medium();
        for &number in self.differing.keys() {
            let start = number * SECTOR;
            let written = self.sector(number);
            if !written.is_empty() && survives(start as u64) {
                let end = start + written.len();
                image.resize(image.len().max(end), 0);
                image[start..end].copy_from_slice(written);
            }
        }
        Contents {
            durable_len: image.len(),
            cached: image,
            differing: BTreeMap::new(),
        }
    }

    fn on_medium(&self) -> Vec<u8> {
        let mut image = self.cached.clone();
        image.resize(self.durable_len, 0);
        for (number, sector) in &self.differing {
            let start = (number * SECTOR).min(image.len());
            let end = (start + SECTOR).min(image.len());
            // What the medium never held of a file that grew reads as zeros.
            let kept = sector.bytes.len().min(end - start);
            image[start..start + kept].copy_from_slice(&sector.bytes[..kept]);
            image[start + kept..end].fill(0);
        }
        image
    }

    /// Remembers what the medium holds of the range before the cache changes.
    fn touch(&mut self, start: usize, end: usize) {
        for number in start / SECTOR..end.div_ceil(SECTOR) {
            let on_medium = self.sector(number).to_vec();
            let sector = self.differing.entry(number);
            sector
                .or_insert(OnMedium {
                    bytes: on_medium,
                    dirty: true,
                })
                .dirty = true;
        }
    }

    fn sector(&self, number: usize) -> &[u8] {
        let start = number * SECTOR;
        let end = self.cached.len().min(start + SECTOR);
        self.cached.get(start..end).unwrap_or_default()
    }
}
