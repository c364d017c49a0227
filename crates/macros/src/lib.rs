//! annals-macros
