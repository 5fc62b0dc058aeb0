//! Where the committed baseline of a test lies.

use std::path::{Path, PathBuf};

/// The committed baseline file: `gt/linux-x86_64/x.json` if it exists, else `gt/x.json`.
///
/// `named` is what the attribute says, relative to the package's folder.
pub fn committed_baseline(package: &Path, named: &str, platform: &str) -> PathBuf {
    let general = package.join(named);
    let special = match (general.parent(), general.file_name()) {
        (Some(folder), Some(file)) => folder.join(platform).join(file),
        _ => return general,
    };
    if special.is_file() { special } else { general }
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
