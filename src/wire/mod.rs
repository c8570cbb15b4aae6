//! Provider bytes to typed messages and back; no sockets.

mod channel;
pub mod signature;
pub mod twilio;
pub mod twiml;

pub use channel::*;
