//! Files that are written whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::error::Error;

/// Makes `bytes` the content of `path`, in place of an older one, and the folder it lies in.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| Error::io("create folder", folder, &e))?;
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .map_err(|e| Error::io("create a file in", folder, &e))?;
    file.write_all(bytes).map_err(|e| Error::io("write", path, &e))?;
    file.as_file().sync_all().map_err(|e| Error::io("write", path, &e))?;
    file.persist(path).map_err(|e| Error::io("write", path, &e.error))?;
    Ok(())
}
