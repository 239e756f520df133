//! The catalogue of system and status variables: one table for every generation of names.
//!
//! Plugin descriptors, `SHOW VARIABLES`, `SHOW STATUS`, the page and the docs are made from it.
