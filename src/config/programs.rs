//! The programs a server answers for, read from their folders.
