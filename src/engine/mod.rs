//! Ears and voice: models behind the ports.

pub mod hibari;
pub mod lexicon;
pub mod moonshine;
pub mod onnx;
pub mod pico;
pub mod pool;
pub mod prompts;
pub mod reader;
pub mod spanish;
pub mod spoken;
pub mod telephone;
pub mod vad;
pub mod voice;
