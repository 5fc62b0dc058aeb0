//! Temporary.
use crate::error::Error;
use std::path::Path;
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let tmp = path.with_extension(format!("tmp{}", std::process::id()));
    std::fs::write(&tmp, bytes).map_err(|e| Error::io("write", path, e))?;
    std::fs::rename(&tmp, path).map_err(|e| Error::io("write", path, e))
}
