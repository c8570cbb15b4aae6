//! Ears and voice: models behind the ports.

pub mod moonshine;
pub mod onnx;
pub mod pool;
pub mod vad;
