//! TLS of the server itself, where no proxy does it.

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};
use tokio_rustls::TlsAcceptor;

/// The certificate or the key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{what} in {file} cannot be used: {why}; write PEM, as certbot's fullchain.pem and privkey.pem")]
pub struct NotTls {
    what: &'static str,
    file: String,
    why: String,
}

/// Reads a certificate chain and its private key, both PEM.
pub fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, NotTls> {
    let wrong = |what, file: &Path, why: &dyn std::fmt::Display| NotTls {
        what,
        file: file.display().to_string(),
        why: why.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| wrong("the certificate", certificates, &e))?;
    if chain.is_empty() {
        return Err(wrong("the certificate", certificates, &"there is none"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| wrong("the private key", key, &e))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|e| wrong("the certificate or its key", certificates, &e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
