//! annals-embedded
