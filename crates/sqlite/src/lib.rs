//! annals-sqlite
