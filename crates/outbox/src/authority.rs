//! Authorities: who signs the certificates of servers, where it is none that the machine trusts.

use std::fs;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::DestinationError;

/// The certificates of a file, PEM: at least one, and all of them fit to be trusted.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, DestinationError> {
    let unfit = |reason: String| DestinationError::Authority {
        file: file.to_owned(),
        reason,
    };
    let text = fs::read(file).map_err(|error| unfit(error.to_string()))?;
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| unfit(error.to_string()))?;
        let added = trusted.add(certificate);
        added.map_err(|error| unfit(error.to_string()))?;
    }
    match trusted.is_empty() {
        true => Err(unfit("it holds no certificate".to_owned())),
        false => Ok(text),
    }
}
