//! Why schemas were not accepted or did not pass.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::fault::SchemaFault;

/// Why schemas were not accepted or did not pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Recorded events would not survive.
    /// **Do:** what each of the faults says.
    #[error("{0}")]
    Refused(Faults),
    /// The directory cannot be read or written.
    /// **Do:** check its path and its rights.
    #[error("{}: {source}", path.display())]
    Files {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A recorded file is not what it should be.
    /// **Do:** restore it from version control. After a merge, take either side of `catalogue.json` and
    /// accept again.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl SchemaError {
    pub(crate) fn files(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Files { path, source }
    }

    /// Nothing, or that these faults were found.
    pub(crate) fn refuse(faults: Vec<SchemaFault>) -> Result<(), Self> {
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Self::Refused(Faults(faults))),
        }
    }
}

/// All that was found, at least one fault.
#[derive(Debug)]
pub struct Faults(pub Vec<SchemaFault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&faults.join("\n\n"))
    }
}
