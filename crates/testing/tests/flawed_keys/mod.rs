//! Key stores and root keys that are broken in one place each.

pub(super) mod roots;
pub(super) mod store;
