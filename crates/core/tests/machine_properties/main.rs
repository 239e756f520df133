//! Properties of the source machine under random sequences of inputs.
//!
//! [`reference`] is a second, naive implementation of the same rules; [`run`] makes valid sequences
//! out of random numbers and drives a machine with them. [`properties`] compares the two,
//! [`replay`] writes the inputs down and reads them back.

mod properties;
mod reference;
mod replay;
mod run;
