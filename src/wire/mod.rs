//! Provider bytes to typed messages and back; no sockets.

mod channel;

pub use channel::*;
