//! Sockets on one side, wire on the other.

mod rate;
mod socket;

pub(crate) use rate::Bucket;
pub use socket::{Offence, Terms, TwilioSocket, limits};
