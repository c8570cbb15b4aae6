//! Sockets on one side, wire on the other.

mod browser;
mod page;
mod rate;
mod socket;

pub use browser::{
    BrowserChannel, Expected, IceServers, Network, NotAnOffer, NotAnswered, OFFER_BYTES_MAX, PageLine, Untold,
};
pub use page::{PageEnd, PageSocket, page_limits};
pub use rate::Bucket;
pub use socket::{Offence, Terms, TwilioSocket, limits};
