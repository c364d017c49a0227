//! The failures a test asked for.

use std::io;

/// A failure to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Which calls count.
    pub on: Call,
    /// Which of them fails: 1 is the next.
    pub nth: u64,
    /// How it fails. A write may leave some of its sectors behind; a failed sync loses what it should have
    /// written and shows it to readers all the same.
    pub kind: io::ErrorKind,
    /// Whether the calls after it fail too.
    pub lasting: Lasting,
}

/// A kind of call to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Any of them.
    Any,
    /// Reads: of bytes, of a length, of the directory.
    Read,
    /// Changes: of bytes, of a length, of a name.
    Write,
    /// Syncs of a file or of the directory.
    Sync,
}

/// How long a [`Fault`] lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// One call.
    Once,
    /// All calls of its kind from then on.
    UntilHealed,
}

#[derive(Default)]
pub(super) struct Faults {
    calls: u64,
    coming: Option<Fault>,
    used: u64,
    capacity: Option<u64>,
}

impl Faults {
    pub(super) fn of_disk_with(used: u64) -> Faults {
        Faults {
            used,
            ..Faults::default()
        }
    }

    pub(super) fn inject(&mut self, fault: Fault) {
        self.coming = Some(fault);
    }

    pub(super) fn heal(&mut self) {
        self.coming = None;
        self.capacity = None;
    }

    pub(super) fn leave_free(&mut self, bytes: u64) {
        self.capacity = Some(self.used + bytes);
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// Counts a call, and fails it when it is the one.
    pub(super) fn meet(&mut self, call: Call) -> io::Result<()> {
        self.calls += 1;
        let Some(fault) = self
            .coming
            .as_mut()
            .filter(|fault| fault.on == Call::Any || fault.on == call)
        else {
            return Ok(());
        };
        fault.nth = fault.nth.saturating_sub(1);
        if fault.nth > 0 {
            return Ok(());
        }
        let kind = fault.kind;
        if fault.lasting == Lasting::Once {
            self.coming = None;
        }
        Err(kind.into())
    }

    /// Takes up to so many bytes of the capacity and says how many there were.
    pub(super) fn take(&mut self, bytes: usize) -> usize {
        let free = self
            .capacity
            .map_or(u64::MAX, |capacity| capacity.saturating_sub(self.used));
        let taken = usize::try_from(free).map_or(bytes, |free| free.min(bytes));
        self.used += taken as u64;
        taken
    }

    pub(super) fn free(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes as u64);
    }
}
