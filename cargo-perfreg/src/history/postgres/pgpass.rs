//! The file in which PostgreSQL's own tools look for a password: a line an account, as
//! `host:port:database:user:password`, where `*` is any, and `\\:` and `\\\\` are `:` and `\\`
//! (PostgreSQL documentation, "The Password File").

use std::fs;
use std::path::PathBuf;

use postgres::Config;
use postgres::config::Host;

/// The password for the first host of `config`, if the file has one.
pub(super) fn password_of(
    config: &Config,
    environment: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let home = || Some(PathBuf::from(environment("HOME")?).join(".pgpass"));
    let path = environment("PGPASSFILE").map(PathBuf::from).or_else(home)?;
    // One that others can read is no place for passwords; those tools ignore it, too.
    #[cfg(unix)]
    {
        let metadata = fs::metadata(&path).ok()?;
        if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
            eprintln!("warning: {} is not used: others can read it", path.display());
            return None;
        }
    }
    let host = match config.get_hosts().first()? {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(_) => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let account = [&host, &port, config.get_dbname()?, config.get_user()?];
    find(&fs::read_to_string(&path).ok()?, account)
}

/// The password of the first line that is of host, port, database and user.
fn find(text: &str, account: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (password, of) = fields.split_last().filter(|(_, of)| of.len() == account.len())?;
        let fits = of.iter().zip(account).all(|(field, own)| field == "*" || field == own);
        fits.then(|| password.clone())
    })
}

/// The fields of a line, as they are meant.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut characters) = (vec![String::new()], line.chars());
    while let Some(character) = characters.next() {
        let last = fields.last_mut().expect("there is one from the beginning");
        match character {
            ':' => fields.push(String::new()),
            '\\' => last.extend(characters.next()),
            other => last.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_first_line_that_fits_holds() {
        let text = "# host:port\n\
            db:5432:perf:ci:first\n\
            db:*:*:ci:a\\:b\\\\c\n\
            [torn\n\
            *:*:*:reader:any\n";
        let check = |account: [&str; 4], expected: Option<&str>| {
            assert_eq!(find(text, account).as_deref(), expected, "{account:?}");
        };
        check(["db", "5432", "perf", "ci"], Some("first"));
        check(["db", "5433", "perf", "ci"], Some("a:b\\c"));
        check(["evil", "5432", "perf", "ci"], None);
        check(["evil", "5432", "perf", "reader"], Some("any"));
    }
}
