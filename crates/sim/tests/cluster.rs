//! The virtual cluster as its hosts drive it.

#[path = "cluster/harness.rs"]
mod harness;

#[path = "cluster/commits.rs"]
mod commits;

#[path = "cluster/faults.rs"]
mod faults;

#[path = "cluster/replicas.rs"]
mod replicas;

#[path = "cluster/groups.rs"]
mod groups;

#[path = "cluster/determinism.rs"]
mod determinism;

#[path = "cluster/logs.rs"]
mod logs;

#[path = "cluster/crash_points.rs"]
mod crash_points;

#[path = "cluster/durability.rs"]
mod durability;
