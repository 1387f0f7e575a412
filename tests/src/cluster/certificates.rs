//! The certificates and keys of one cluster.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};

const SERVER_NAMES: [&str; 4] = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];

/// Writes `ca.crt`, `ca.key`, `apiserver.crt`, `apiserver.key`, `sa.key` and `sa.pub` to `directory`, for an
/// apiserver on `addresses`; returns the CA's certificate as PEM.
pub(super) fn write(directory: &Path, addresses: &[Ipv4Addr]) -> Result<String> {
    fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    let save = |name: &str, content: String| {
        let path = directory.join(name);
        fs::write(&path, content).with_context(|| format!("writing {}", path.display()))
    };
    let authority = authority()?;
    save("ca.crt", authority.pem())?;
    save("ca.key", authority.key().serialize_pem())?;

    let server_key = KeyPair::generate()?;
    let server = server_parameters(addresses)?.signed_by(&server_key, &authority)?;
    save("apiserver.crt", server.pem())?;
    save("apiserver.key", server_key.serialize_pem())?;

    let account_key = KeyPair::generate()?;
    save("sa.key", account_key.serialize_pem())?;
    save("sa.pub", account_key.public_key_pem())?;
    Ok(authority.pem())
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "weir-tests");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    Ok(CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?)
}

fn server_parameters(addresses: &[Ipv4Addr]) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::new(SERVER_NAMES.map(str::to_owned))?;
    parameters.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.subject_alt_names.extend(addresses.iter().map(|&address| SanType::IpAddress(address.into())));
    Ok(parameters)
}
