//! Nothing. sqlx names its driver for SQLite in every lock file, and it links another version of SQLite
//! than our read models do, which Cargo refuses although nobody compiles it.
