//! Verified TLS: the server's certificate must be signed by one that is trusted, for its name.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::PostgresError;
use crate::options::Tls;

/// What a connection is made with. Without TLS it is made, and not used.
pub(crate) fn connector(tls: &Tls) -> Result<MakeRustlsConnect, PostgresError> {
    let roots = match tls {
        Tls::Off => RootCertStore::empty(),
        Tls::Verified { roots: Some(path) } => of_file(path)?,
        Tls::Verified { roots: None } => of_system()?,
    };
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .expect("the provider has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn of_file(path: &Path) -> Result<RootCertStore, PostgresError> {
    let unusable = |reason: String| PostgresError::Certificates {
        path: path.to_owned(),
        reason,
    };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in read {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        let added = roots.add(certificate);
        added.map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(roots)
}

fn of_system() -> Result<RootCertStore, PostgresError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(PostgresError::Certificates {
            path: PathBuf::from("the system's store"),
            reason: format!("none found; use sslrootcert. {}", reasons.join("; ")),
        });
    }
    Ok(roots)
}
