//! Whole calls in real time: a real server in its own process, real models, real sockets, callers with a voice.

#![cfg(feature = "runtime")]

mod crash;
mod emulator;
mod one_call;
mod retention;
mod server;
mod three_ways;
mod words;
