//! Ears and voice: models behind the ports.

pub mod onnx;
pub mod pool;
