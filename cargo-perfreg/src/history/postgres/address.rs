//! Where a shared store is, and how it is spoken of: never with its password.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

use crate::error::Error;

/// The address of a database, as `postgres://user@host:port/database?options`.
#[derive(Clone)]
pub(crate) struct Address {
    config: Config,
    encryption: Encryption,
    shown: String,
}

/// How what goes over the line is protected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Encryption {
    /// Not at all: it does not leave the machine, or somebody said that it need not be.
    Off,
    /// By TLS with a server whose certificate is of one of these authorities; of the system's
    /// without a file.
    Verified(Option<PathBuf>),
}

/// How long to wait for a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may be silent although something was sent.
const SILENCE: Duration = Duration::from_secs(60);

impl Address {
    /// The address that `text` is. What it lacks may stand in the environment: `PGPASSWORD`.
    ///
    /// # Errors
    /// If it is none. The message does not repeat it, for a password may stand in it.
    pub(crate) fn parse(
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong(FORM))?;
        if scheme != "postgres" && scheme != "postgresql" {
            return Err(wrong("only `postgres://` is known"));
        }
        // Elsewhere it would be taken for a part of the host, and shown.
        let place = rest.rfind('@').unwrap_or(0);
        if rest[..place].contains(['@', '/', '?', '#']) {
            return Err(wrong(
                "`@`, `/`, `?` and `#` in a name or password are %40, %2F, %3F and %23",
            ));
        }
        let (before, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            options.split('&').filter(|option| !option.is_empty()).partition(|option| {
                option.starts_with("sslmode=") || option.starts_with("sslrootcert=")
            });
        let mut config: Config =
            format!("postgres://{before}?{}", theirs.join("&")).parse().map_err(|_| wrong(FORM))?;
        if config.get_hosts().is_empty() || config.get_dbname().is_none() {
            return Err(wrong(FORM));
        }
        if let (None, Some(password)) = (config.get_password(), environment("PGPASSWORD")) {
            config.password(password);
        }
        let encryption = encryption(&ours, config.get_hosts())?;
        config.ssl_mode(match encryption {
            Encryption::Off => SslMode::Disable,
            Encryption::Verified(_) => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        config.tcp_user_timeout(SILENCE).application_name("perfreg");
        Ok(Self { shown: shown(&config), config, encryption })
    }

    /// The same out of a file that others can read.
    ///
    /// # Errors
    /// If a password stands in it, besides.
    pub(crate) fn without_password(
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        match Self::parse(text, |_| None)?.config.get_password() {
            None => Self::parse(text, environment),
            Some(_) => Err(Error::usage(
                "perfreg.toml names the store with a password, which everybody reads there; it \
                 belongs into PGPASSWORD, or the whole address into PERFREG_STORE",
            )),
        }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn encryption(&self) -> &Encryption {
        &self.encryption
    }
}

const FORM: &str = "it has the form `postgres://user@host:port/database`";

fn wrong(why: &str) -> Error {
    Error::usage(format!("the address of the store cannot be used: {why}"))
}

fn encryption(options: &[&str], hosts: &[Host]) -> Result<Encryption, Error> {
    let value = |name: &str| {
        options.iter().find_map(|option| option.strip_prefix(name)).map(|value| {
            percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
        })
    };
    let roots = value("sslrootcert=").map(PathBuf::from);
    match value("sslmode=").as_deref() {
        Some("disable") => Ok(Encryption::Off),
        Some("require" | "verify-ca" | "verify-full") => Ok(Encryption::Verified(roots)),
        Some("allow" | "prefer") => Err(wrong(
            "`sslmode` is `require`, which checks the server's certificate, or `disable`; \
             `allow` and `prefer` protect against nobody who is in between",
        )),
        Some(_) => Err(wrong("`sslmode` is `require` or `disable`")),
        None if roots.is_none() && hosts.iter().all(is_here) => Ok(Encryption::Off),
        None => Ok(Encryption::Verified(roots)),
    }
}

/// What goes to this host does not leave the machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The address without what is nobody's business.
fn shown(config: &Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let ports = config.get_ports();
    let host = |(at, host): (usize, &Host)| {
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    };
    let hosts: Vec<String> = config.get_hosts().iter().enumerate().map(host).collect();
    format!("postgres://{user}{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, Error> {
        Address::parse(text, |_| None)
    }

    #[test]
    fn addresses_are_shown_without_secrets() {
        let check = |text: &str, expected: &str| {
            let address = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(address.to_string(), expected);
            assert!(!format!("{address:?}").contains("secret"), "{address:?}");
        };
        check("postgres://ci:secret@db.example/perf", "postgres://ci@db.example:5432/perf");
        check("postgresql://db:6432/perf", "postgres://db:6432/perf");
        check("postgres://ci:se%40cret%2F@[::1]:6432/perf", "postgres://ci@[::1]:6432/perf");
        check("postgres://ci:secret@a:1,b:2/perf", "postgres://ci@a:1,b:2/perf");
        check(
            "postgres://ci@db/perf?sslmode=require&sslrootcert=/secret.pem&connect_timeout=3",
            "postgres://ci@db:5432/perf",
        );
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        let check = |text: &str, expected: &str| {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message} lacks {expected}");
            assert!(!message.contains("sec") && !message.contains("ret"), "{message}");
        };
        check("ci:secret@db/perf", "has the form");
        check("mysql://ci:secret@db/perf", "only `postgres://`");
        check("postgres://ci:sec@ret@db/perf", "%40");
        check("postgres://ci:sec/ret@db/perf", "%2F");
        check("postgres://ci:sec?ret=1@db/perf", "%3F");
        check("postgres://ci:secret@db", "has the form");
        check("postgres://ci:secret@/perf", "has the form");
        check("postgres://ci:secret@db:port/perf", "has the form");
        check("postgres://ci:secret@db/perf?secret=1", "has the form");
        check("postgres://ci:secret@db/perf?sslmode=prefer", "protect against nobody");
        check("postgres://ci:secret@db/perf?sslmode=secret", "`require` or `disable`");
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let check = |text: &str, expected: Encryption| {
            assert_eq!(parse(text).unwrap().encryption, expected, "{text}");
        };
        let verified = |path: Option<&str>| Encryption::Verified(path.map(PathBuf::from));
        check("postgres://localhost/perf", Encryption::Off);
        check("postgres://127.0.0.1/perf", Encryption::Off);
        check("postgres://%2Frun%2Fpostgresql/perf", Encryption::Off);
        check("postgres://localhost,db/perf", verified(None));
        check("postgres://db/perf", verified(None));
        check("postgres://db/perf?sslmode=disable", Encryption::Off);
        check("postgres://db/perf?sslmode=verify-full", verified(None));
        check("postgres://localhost/perf?sslrootcert=%2Fa%20b.pem", verified(Some("/a b.pem")));
    }

    #[test]
    fn a_password_may_stand_in_the_environment() {
        let environment = |name: &str| (name == "PGPASSWORD").then(|| "theirs".to_owned());
        let password = |text: &str| {
            let address = Address::parse(text, environment).unwrap();
            String::from_utf8(address.config.get_password().unwrap().to_vec()).unwrap()
        };
        assert_eq!(password("postgres://ci@db/perf"), "theirs");
        assert_eq!(password("postgres://ci:own@db/perf"), "own");
        assert!(Address::without_password("postgres://ci@db/perf", environment).is_ok());
        let refused = Address::without_password("postgres://ci:secret@db/perf", environment);
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("PGPASSWORD") && !refused.contains("secret"), "{refused}");
    }
}
