//! Connecting, and doing a thing again when the connection or the server gave way under it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, NoTls, Row, Statement};
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
    /// What was asked before need not be understood again.
    statements: HashMap<String, Statement>,
    address: Address,
}

/// How something ended that the server was asked to do.
type Asked<T> = Result<T, postgres::Error>;

/// How long something is tried again: a server that is started again is back by then.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long a server may take to let somebody in.
const WELCOME: Duration = Duration::from_secs(30);
/// Who stops in the middle keeps others waiting: the server ends what takes too long.
const LIMITS: &str = "SET statement_timeout = '10min'; SET lock_timeout = '1min';
    SET idle_in_transaction_session_timeout = '1min'";
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
        Ok(Self { client, statements: HashMap::new(), address: address.clone() })
    }

    /// Does `attempt` until it succeeds, or fails for a reason that stays; it must be whole or
    /// nothing, and mean the same when it is done twice.
    ///
    /// # Errors
    /// If it failed for a reason that stays, or for too long.
    pub(super) fn patiently<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Client) -> Asked<T>,
    ) -> Result<T, Error> {
        let done = self.persist(|client, _| attempt(client))?;
        done.map_err(|cause| failed(&self.address, &cause))
    }

    /// The same, with what the server refused for a reason that stays told apart.
    ///
    /// # Errors
    /// If there was no server for too long.
    pub(super) fn offer<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Client) -> Asked<T>,
    ) -> Result<Asked<T>, Error> {
        self.persist(|client, _| attempt(client))
    }

    /// The rows that answer a question.
    ///
    /// # Errors
    /// If the server refused it, or there was none for too long.
    pub(super) fn rows(
        &mut self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        let rows = self.persist(|client, statements| {
            let statement = match statements.get(sql) {
                Some(statement) => statement.clone(),
                None => client.prepare(sql)?,
            };
            statements.insert(sql.to_owned(), statement.clone());
            client.query(&statement, parameters)
        })?;
        rows.map_err(|cause| failed(&self.address, &cause))
    }

    fn persist<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Client, &mut HashMap<String, Statement>) -> Asked<T>,
    ) -> Result<Asked<T>, Error> {
        let (began, mut pause) = (Instant::now(), PAUSES[0]);
        loop {
            let cause = match attempt(&mut self.client, &mut self.statements) {
                Ok(value) => return Ok(Ok(value)),
                Err(cause) => cause,
            };
            if !passes(&cause) {
                return Ok(Err(cause));
            }
            if began.elapsed() > PATIENCE {
                return Err(failed(&self.address, &cause));
            }
            // Those that met each other should not meet again.
            thread::sleep(Duration::from_millis(fastrand::u64(pause / 2..=pause)));
            pause = (2 * pause).min(PAUSES[1]);
            if self.client.is_closed() {
                match connect(&self.address)? {
                    Ok(client) => {
                        self.client = client;
                        self.statements.clear();
                    }
                    Err(cause) if passes(&cause) && began.elapsed() <= PATIENCE => {}
                    Err(cause) => return Err(failed(&self.address, &cause)),
                }
            }
        }
    }
}

fn connect(address: &Address) -> Result<Asked<Client>, Error> {
    let tls = tls(address)?;
    let (config, (sender, receiver)) = (address.config().clone(), mpsc::channel());
    // The address's own timeout ends with the first byte; who says no more would be waited for.
    thread::spawn(move || {
        let client = match tls {
            None => config.connect(NoTls),
            Some(tls) => config.connect(tls),
        };
        let limited = client.and_then(|mut client| client.batch_execute(LIMITS).map(|()| client));
        let _ = sender.send(limited);
    });
    receiver.recv_timeout(WELCOME).map_err(|_| {
        let seconds = WELCOME.as_secs();
        Error::internal(format!("the store {address}: nobody answered for {seconds} s"))
    })
}

/// What encrypts; none where nothing has to.
fn tls(address: &Address) -> Result<Option<MakeRustlsConnect>, Error> {
    let roots = match address.encryption() {
        Encryption::Off => return Ok(None),
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
    Ok(Some(MakeRustlsConnect::new(config.with_no_client_auth())))
}

/// Whether what was sent is what was refused, and nothing else would help: data out of range, or
/// longer than an index can hold.
pub(super) fn is_of_data(cause: &postgres::Error) -> bool {
    let class = cause.code().map_or("", |code| &code.code()[..2]);
    matches!(class, "22" | "23" | "54")
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
