//! The server's doors, over real sockets: webhooks, streams, bad input, the API, going down.
//! The conversation behind them is a stand-in that echoes; everything in front of it is the real thing.
#![cfg(feature = "runtime")]
#![allow(missing_docs)]

mod api;
mod bad_input;
mod browser;
mod chat_house;
mod chats;
mod clinic;
mod handing_over;
mod house;
mod intakes;
mod kept;
mod leaving;
mod notices;
mod other_clients;
mod patience;
mod signing_pages;
mod since_the_call;
mod streams;
mod talking;
mod tenants;
mod vendor;
mod webhooks;
