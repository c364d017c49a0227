//! Authorities: who signs the certificates of servers.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tempfile::TempDir;

use crate::options::TlsFiles;

/// Signs certificates of servers. Its files last as long as it does, and those of a certificate until the
/// next one: servers take copies when they start.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
    folder: TempDir,
}

impl Authority {
    /// A new authority. Those of the same name do not vouch for each other.
    ///
    /// # Panics
    ///
    /// When a file cannot be written, as all others here.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, new_key()).expect("it is well-formed");
        let folder = tempfile::tempdir().expect("a throwaway folder can be made");
        let file = write(folder.path(), "ca.pem", &issuer.pem());
        Self {
            issuer,
            file,
            folder,
        }
    }

    /// The file with its own certificate, for those who trust it.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A certificate for a server of this name or address.
    #[must_use]
    pub fn certify(&self, name: &str) -> TlsFiles {
        self.sign(name, |_| {})
    }

    /// One that was valid until some years ago.
    #[must_use]
    pub fn certify_too_long_ago(&self, name: &str) -> TlsFiles {
        self.sign(name, |params| {
            params.not_after = date_time_ymd(2020, 1, 1);
        })
    }

    fn sign(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> TlsFiles {
        let params = CertificateParams::new(vec![name.to_owned()]);
        let mut params = params.expect("it is a name or an address");
        change(&mut params);
        let key = new_key();
        let certificate = params.signed_by(&key, &self.issuer);
        let certificate = certificate.expect("it is well-formed").pem();
        let folder = self.folder.path();
        TlsFiles {
            certificate: write(folder, "server.crt", &certificate),
            key: write(folder, "server.key", &key.serialize_pem()),
        }
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("the machine has random numbers")
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a throwaway folder can be written to");
    path
}
