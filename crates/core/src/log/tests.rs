//! Texts against the facts.
