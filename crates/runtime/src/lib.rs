//! annals-runtime
