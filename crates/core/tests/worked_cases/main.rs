//! The worked cases of MySQL 9.7.4's behaviour, numbered 1 to 96.
//!
//! Positions and packets (1–14), the source machine (15–68), counting ACKs (83, 84; 69–82 look
//! inside the counter and stand beside it), links and replicas (85–96). A case of the source is two
//! lines of text: what happens, and what is seen afterwards; [`notation`] explains both.

mod counting;
mod links;
mod notation;
mod packets;
mod received;
mod source;
