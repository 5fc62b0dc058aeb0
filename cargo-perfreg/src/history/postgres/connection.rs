//! Connecting, and doing a thing again when the connection or the server gave way under it.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::{Client, NoTls};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;
use crate::history::postgres::address::{Address, Encryption};
use crate::plain::plain;

/// A connection that is made anew when it breaks.
pub(super) struct Connection {
    client: Client,
    address: Address,
}

/// How long something is tried again: a server that is started again is back by then.
const PATIENCE: Duration = Duration::from_secs(40);
/// Between two attempts.
const PAUSES: [u64; 2] = [50, 2_000];
/// Characters of a server's message that are shown.
const MESSAGE: usize = 300;

impl Connection {
    /// A connection to the server at `address`.
    ///
    /// # Errors
    /// If there is no server, it lets nobody in, or is not who it should be.
    pub(super) fn open(address: &Address) -> Result<Self, Error> {
        let client = connect(address)?.map_err(|cause| failed(address, &cause))?;
        Ok(Self { client, address: address.clone() })
    }

    /// Does `attempt` until it succeeds, or fails for a reason that stays; it must be whole or
    /// nothing, and mean the same when it is done twice.
    ///
    /// # Errors
    /// If it failed for a reason that stays, or for too long.
    pub(super) fn patiently<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Client) -> Result<T, postgres::Error>,
    ) -> Result<T, Error> {
        let (began, mut pause) = (Instant::now(), PAUSES[0]);
        loop {
            let cause = match attempt(&mut self.client) {
                Ok(value) => return Ok(value),
                Err(cause) => cause,
            };
            if !passes(&cause) || began.elapsed() > PATIENCE {
                return Err(failed(&self.address, &cause));
            }
            // Those that met each other should not meet again.
            thread::sleep(Duration::from_millis(fastrand::u64(pause / 2..=pause)));
            pause = (2 * pause).min(PAUSES[1]);
            if self.client.is_closed() {
                match connect(&self.address)? {
                    Ok(client) => self.client = client,
                    Err(cause) if passes(&cause) && began.elapsed() <= PATIENCE => {}
                    Err(cause) => return Err(failed(&self.address, &cause)),
                }
            }
        }
    }
}

type Connected = Result<Client, postgres::Error>;

fn connect(address: &Address) -> Result<Connected, Error> {
    let roots = match address.encryption() {
        Encryption::Off => return Ok(address.config().connect(NoTls)),
        Encryption::Verified(roots) => roots,
    };
    let unusable =
        |what: String| Error::usage(format!("cannot encrypt what goes to {address}: {what}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| unusable(cause.to_string()))?;
    let config = match roots {
        None => builder.with_platform_verifier().map_err(|cause| unusable(cause.to_string()))?,
        Some(path) => {
            let mut store = RootCertStore::empty();
            let wrong = |what: String| unusable(format!("{}: {what}", path.display()));
            let certificates =
                CertificateDer::pem_file_iter(path).map_err(|cause| wrong(cause.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|cause| wrong(cause.to_string()))?;
                store.add(certificate).map_err(|cause| wrong(cause.to_string()))?;
            }
            if store.is_empty() {
                return Err(wrong("holds no certificate".to_owned()));
            }
            builder.with_root_certificates(store)
        }
    };
    let tls = MakeRustlsConnect::new(config.with_no_client_auth());
    Ok(address.config().connect(tls))
}

/// Whether it may go well another time.
fn passes(cause: &postgres::Error) -> bool {
    const PASSING: [SqlState; 9] = [
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::CONNECTION_FAILURE,
        SqlState::CONNECTION_EXCEPTION,
    ];
    match cause.code() {
        Some(code) => PASSING.contains(code),
        None => cause.is_closed() || io_cause(cause).is_some(),
    }
}

/// What the operating system said, if it was that.
fn io_cause(cause: &postgres::Error) -> Option<&io::Error> {
    std::error::Error::source(cause)?.downcast_ref()
}

/// The message for people.
pub(super) fn failed(address: &Address, cause: &postgres::Error) -> Error {
    let what = match (cause.as_db_error(), std::error::Error::source(cause)) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(source)) => source.to_string(),
        (None, None) => cause.to_string(),
    };
    let message = format!("the store {address}: {}", plain(&what, MESSAGE));
    let denied = [
        SqlState::INSUFFICIENT_PRIVILEGE,
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        SqlState::INVALID_CATALOG_NAME,
    ];
    match cause.code() {
        Some(code) if denied.contains(code) => Error::usage(message),
        _ => Error::internal(message),
    }
}
