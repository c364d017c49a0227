//! Verified TLS: the server's certificate must be signed by one that is trusted, for its name.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};
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

/// What the driver says of a server that answers no to the question for TLS.
const NO_TLS: &str = "server does not support TLS";

/// Why the server is not trusted, if that is why there is no connection.
pub(crate) fn distrust(error: &tokio_postgres::Error) -> Option<String> {
    let cause = error.source()?;
    if cause.to_string() == NO_TLS {
        return Some("it offers no TLS: turn its setting ssl on".to_owned());
    }
    match cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(fault)) => Some(mended_by(fault)),
        _ => None,
    }
}

/// What is wrong with a certificate, and what would mend it.
fn mended_by(fault: &CertificateError) -> String {
    use CertificateError as Fault;
    match fault {
        // The signature is bad when who signed it has the name of somebody who is trusted.
        Fault::UnknownIssuer | Fault::BadSignature => {
            "its certificate is signed by nobody who is trusted: \
                                 name the certificate of who signed it by sslrootcert"
                .to_owned()
        }
        Fault::Expired | Fault::ExpiredContext { .. } => {
            "its certificate has expired: give the server a new one".to_owned()
        }
        Fault::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "its certificate is not for {}: connect by a name it is for ({})",
            expected.to_str(),
            presented.join(", ")
        ),
        other => format!("its certificate is of no use: {other}"),
    }
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
        added.map_err(|_| unusable("what it holds is no certificate".to_owned()))?;
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
