//! What every provider's protocol comes down to.

use std::{collections::BTreeMap, sync::Arc};

/// How the samples of a stream are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// G.711 mu-law, 8 kHz, one byte a sample.
    Mulaw,
    /// G.711 A-law, 8 kHz, one byte a sample.
    Alaw,
}

/// The provider announced its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStart {
    /// The stream's id, to be put on every message back.
    pub stream_id: String,
    /// The provider's id of the call.
    pub provider_call_id: Option<String>,
    /// How both directions are encoded.
    pub encoding: Encoding,
    /// What our document passed along, the one-time token among them.
    pub parameters: BTreeMap<String, String>,
}

/// What arrives from the caller's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromCaller {
    /// The stream begins. Nothing may be sent before.
    Start(StreamStart),
    /// Audio in the stream's encoding, any length.
    Audio {
        /// When its first sample was spoken, in milliseconds of the provider's clock, where it says so.
        /// A jump means that audio was lost and silence belongs there.
        at_ms: Option<u64>,
        /// The samples.
        payload: Vec<u8>,
    },
    /// A key was pressed.
    Key(char),
    /// A mark came back: played, or dropped by a clear.
    Mark(String),
    /// A message of the caller's page, as it was written: words typed, a button.
    Page(String),
    /// The stream is over.
    Stop,
    /// Something the protocol allows and we have no use for.
    Ignored,
}

/// What goes to the caller's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToCaller {
    /// Audio in the stream's encoding: `bytes[from..to]`, so that a prompt shared by all calls is never copied.
    Audio {
        /// The prompt.
        bytes: Arc<[u8]>,
        /// First byte.
        from: usize,
        /// One past the last.
        to: usize,
    },
    /// Tell us when everything before this was played.
    Mark(String),
    /// Drop everything not yet played.
    Clear,
}
