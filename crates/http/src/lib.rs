//! annals-http
