//! Sockets on one side, wire on the other.

mod page;
mod rate;
mod socket;

pub use page::{PageEnd, PageSocket, page_limits};
pub use rate::Bucket;
pub use socket::{Offence, Terms, TwilioSocket, limits};
