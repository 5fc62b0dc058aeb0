//! Where the committed baseline of a test lies.

use std::path::{Path, PathBuf};

/// Which of a test's two baseline files something is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// The one in the repository.
    Committed,
    /// This machine's own.
    Local,
}

/// The committed baseline file: `gt/linux-x86_64/x.json` if it exists, else `gt/x.json`.
///
/// `named` is what the attribute says, relative to the package's folder.
pub fn committed_baseline(package: &Path, named: &str, platform: &str) -> PathBuf {
    let general = package.join(named);
    let special = package.join(of_platform(named, platform));
    if special.is_file() { special } else { general }
}

/// Where a platform's own file of the baseline `named` would lie, likewise relative.
pub fn of_platform(named: &str, platform: &str) -> PathBuf {
    let general = Path::new(named);
    match (general.parent(), general.file_name()) {
        (Some(folder), Some(file)) => folder.join(platform).join(file),
        _ => general.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::committed_baseline;
    use std::fs;

    #[test]
    fn the_platforms_own_file_wins() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path();
        let find = || committed_baseline(package, "gt/x.json", "linux-x86_64");
        assert_eq!(find(), package.join("gt/x.json"));
        fs::create_dir_all(package.join("gt/linux-x86_64")).unwrap();
        fs::write(package.join("gt/linux-x86_64/x.json"), "{}").unwrap();
        assert_eq!(find(), package.join("gt/linux-x86_64/x.json"));
    }
}
