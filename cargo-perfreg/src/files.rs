//! Files that are written whole or not at all, and folders that are read in order.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// How the names of files begin that a writer who was killed has left behind.
pub(crate) const LEFTOVER: &str = ".tmp";

/// Makes `bytes` the content of `path`, in place of an older one, and the folder it lies in.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| Error::io("create folder", folder, &e))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(LEFTOVER);
    // What others are to read is no secret: as open as any other file of this user.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file =
        builder.tempfile_in(folder).map_err(|e| Error::io("create a file in", folder, &e))?;
    file.write_all(bytes).map_err(|e| Error::io("write", path, &e))?;
    file.as_file().sync_all().map_err(|e| Error::io("write", path, &e))?;
    file.persist(path).map_err(|e| Error::io("write", path, &e.error))?;
    Ok(())
}

/// What lies in `folder`, sorted; a folder that does not exist has nothing in it.
///
/// # Errors
/// If it cannot be listed.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |cause: std::io::Error| Error::io("list", folder, &cause);
    let listing = match fs::read_dir(folder) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(failed)?,
    };
    let paths: std::io::Result<Vec<_>> = listing.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(failed)?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn files_are_as_open_as_others() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let [other, own] = ["other", "own"].map(|name| folder.path().join(name));
        std::fs::write(&other, "").unwrap();
        super::write_whole(&own, b"").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&own), mode(&other));
    }
}
