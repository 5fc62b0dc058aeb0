//! Where two commits can be compared on the web, out of the address that git fetches from.

/// The address of a comparison, without its commits; none where it is not known how such an address
/// looks. What logs in to fetch is no part of it.
pub(crate) fn compare_at(remote: &str) -> Option<String> {
    let (host, path) = host_and_path(remote)?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_plain = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-/~".contains(c);
        !text.is_empty() && text.chars().all(fits)
    };
    if !is_plain(host) || !is_plain(path) || !host.contains('.') || host.contains("bitbucket") {
        return None;
    }
    let between = if host.contains("gitlab") { "/-/compare/" } else { "/compare/" };
    Some(format!("https://{host}/{path}{between}"))
}

fn host_and_path(remote: &str) -> Option<(&str, &str)> {
    let web = ["https://", "http://", "ssh://", "git://"];
    let (place, path) = match web.iter().find_map(|scheme| remote.strip_prefix(scheme)) {
        Some(rest) => rest.split_once('/')?,
        // As scp writes it. A drive letter is no host.
        None => remote.split_once(':')?,
    };
    let host = place.rsplit('@').next()?;
    Some((host.split(':').next()?, path))
}

#[cfg(test)]
mod tests {
    use super::compare_at;

    #[test]
    fn remotes_become_addresses_without_secrets() {
        let check = |remote: &str, expected: Option<&str>| {
            assert_eq!(compare_at(remote).as_deref(), expected, "{remote}");
        };
        let known = Some("https://github.com/owner/name/compare/");
        check("https://github.com/owner/name.git", known);
        check("https://user:secret@github.com/owner/name", known);
        check("git@github.com:owner/name.git", known);
        check("ssh://git@github.com:22/owner/name/", known);
        check(
            "https://gitlab.com/group/sub/name.git",
            Some("https://gitlab.com/group/sub/name/-/compare/"),
        );
        check("https://bitbucket.org/owner/name", None);
        check("/srv/git/name.git", None);
        check("C:\\git\\name", None);
        check("https://github.com/ow\"ner/<b>", None);
        check("javascript:alert(1)", None);
        check("", None);
    }
}
