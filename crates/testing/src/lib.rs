//! annals-testing
