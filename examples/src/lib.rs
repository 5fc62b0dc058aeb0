//! Work worth measuring.
