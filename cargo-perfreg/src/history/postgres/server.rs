//! A PostgreSQL server of a test's own, with its data in a temporary folder. The functional tests
//! include this file too, so it needs nothing of the crate.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running server; it ends with the value.
pub(crate) struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    child: Child,
    user: Option<(u32, u32)>,
}

/// The owner's password, which no output may show, as it stands in an address.
pub(crate) const PASSWORD: &str = "s%40cret";

/// What the server said since it was started the last time.
const LOG: &str = "server.log";

/// How it is stopped before it is started again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// Connections are cut, and everything is written.
    Fast,
    /// As if the machine had crashed.
    Immediate,
}

impl Server {
    /// A server; none where PostgreSQL is not installed, which is said, or fails where
    /// `PERFREG_REQUIRE_POSTGRES` promised it.
    pub(crate) fn start() -> Option<Self> {
        Self::start_near(free_port())
    }

    /// The same at this port, or at another one if it is taken by now.
    fn start_near(port: u16) -> Option<Self> {
        let Some(programs) = programs() else {
            let required = std::env::var_os("PERFREG_REQUIRE_POSTGRES").is_some();
            assert!(!required, "there is no PostgreSQL");
            eprintln!("not run: there is no PostgreSQL here, such as Debian's `postgresql`");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let user = service_user();
        give(folder.path(), user);
        let password = folder.path().join("password");
        fs::write(&password, PASSWORD.replace("%40", "@")).unwrap();
        give(&password, user);
        let mut initdb = as_user(&programs.join("initdb"), user);
        initdb.args(["--username=owner", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"]);
        initdb.arg("--pgdata").arg(folder.path().join("data")).arg("--pwfile").arg(&password);
        let output = initdb.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let child = serve(&programs, folder.path(), port, user);
        let mut server = Self { programs, folder, port, child, user };
        server.wait(|_| free_port());
        Some(server)
    }

    /// The address of a database for the owner of all.
    pub(crate) fn address(&self, database: &str) -> String {
        format!("postgres://owner:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// The same for somebody else.
    pub(crate) fn address_of(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Does what the statements say as the owner; what they answer, a line a row.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        let output = Command::new(self.programs.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set=ON_ERROR_STOP=1", "--command", statements, &self.address(database)])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// The same for statements that are too long for a command line.
    pub(crate) fn script(&self, statements: &str) -> String {
        let path = self.folder.path().join("script.sql");
        fs::write(&path, statements).unwrap();
        self.sql("postgres", &format!("\\i {}", path.display()))
    }

    /// Stops the server and starts it again with the same data.
    pub(crate) fn restart(&mut self, stop: Stop) {
        self.stop(stop);
        self.child = serve(&self.programs, self.folder.path(), self.port, self.user);
        self.wait(|port| port);
    }

    /// Lets the server speak TLS from now on, with a certificate that it signed itself; the file
    /// of the certificate.
    pub(crate) fn encrypt(&mut self) -> PathBuf {
        let data = self.folder.path().join("data");
        let mut openssl = as_user(Path::new("openssl"), self.user);
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
        openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl
            .arg("-keyout")
            .arg(data.join("server.key"))
            .arg("-out")
            .arg(data.join("server.crt"));
        let output = openssl.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.sql("postgres", "ALTER SYSTEM SET ssl = on");
        self.restart(Stop::Fast);
        // Where who runs the test can read it.
        let copy = self.folder.path().join("root.pem");
        fs::copy(data.join("server.crt"), &copy).unwrap();
        copy
    }

    fn stop(&mut self, stop: Stop) {
        let mode = match stop {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        let mut control = as_user(&self.programs.join("pg_ctl"), self.user);
        control.args(["stop", "--silent", "--mode", mode, "--pgdata"]);
        let done = control.arg(self.folder.path().join("data")).status();
        if !done.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }

    /// Waits until the server is up. Where somebody else has its port, it begins again at that
    /// which `next` names.
    fn wait(&mut self, next: impl Fn(u16) -> u16) {
        let began = Instant::now();
        while !self.is_ready() {
            let is_gone = self.child.try_wait().unwrap().is_some();
            let said = fs::read_to_string(self.folder.path().join(LOG)).unwrap();
            let is_taken = is_gone && said.contains("Address already in use");
            let is_late = began.elapsed() > Duration::from_secs(60);
            assert!(
                !is_late && (is_taken || !is_gone),
                "the server does not start: {}",
                end(&said)
            );
            if is_taken {
                self.port = next(self.port);
                self.child = serve(&self.programs, self.folder.path(), self.port, self.user);
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether this very server says that it lets people in, whoever else may answer at its port.
    fn is_ready(&self) -> bool {
        let path = self.folder.path().join("data").join("postmaster.pid");
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.first() == Some(&self.child.id().to_string().as_str())
            && lines.get(7) == Some(&"ready")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop(Stop::Immediate);
    }
}

fn serve(programs: &Path, folder: &Path, port: u16, user: Option<(u32, u32)>) -> Child {
    let mut server = as_user(&programs.join("postgres"), user);
    server.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    server.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
    let log = File::create(folder.join(LOG)).unwrap();
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// A port that nobody has at this moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The last lines of a log.
fn end(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

/// Where the server's programs lie: on the path, or where Debian puts the newest.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<PathBuf> =
            versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    let whole = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_ctl", "psql"].iter().all(|name| folder.join(name).is_file())
    };
    folders.into_iter().find(whole)
}

/// The user that the server runs as: it refuses to be root.
fn service_user() -> Option<(u32, u32)> {
    let id = |words: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(words).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

#[cfg(unix)]
fn give(path: &Path, user: Option<(u32, u32)>) {
    if let Some((user, group)) = user {
        std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
    }
}

#[cfg(not(unix))]
fn give(_path: &Path, _user: Option<(u32, u32)>) {}

fn as_user(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // Who runs the test may stand where the server's user may not go.
    command.current_dir(std::env::temp_dir());
    #[cfg(unix)]
    if let Some((user, group)) = user {
        std::os::unix::process::CommandExt::uid(&mut command, user);
        std::os::unix::process::CommandExt::gid(&mut command, group);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_left_to_its_owner() {
        let owner = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = owner.local_addr().unwrap().port();
        let Some(server) = Server::start_near(taken) else { return };
        assert_ne!(server.port, taken);
        assert_eq!(server.sql("postgres", "SHOW port"), server.port.to_string());
    }
}
