//! annals-log
