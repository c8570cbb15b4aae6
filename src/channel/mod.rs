//! Sockets on one side, wire on the other.

mod browser;
mod page;
mod rate;
mod socket;

pub use browser::{
    Arrival, BrowserChannel, Expected, IceServers, Network, NotAnOffer, NotAnswered, OFFER_BYTES_MAX,
    PageLine, Untold, heard_of,
};
pub use page::{PageEnd, PageSocket, page_limits};
pub use rate::Bucket;
pub use socket::{Offence, Terms, TwilioSocket, limits};
