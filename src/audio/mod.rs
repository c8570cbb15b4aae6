//! Samples in, samples out. Pure: bytes and numbers, no files, no clock.

pub mod dtmf;
pub mod g711;
pub mod level;
pub mod resample;
pub mod turn;
pub mod wav;

/// Samples in one millisecond at the wire's rate of 8 kHz.
pub const SAMPLES_PER_MS: usize = 8;
/// Samples in one frame: 20 ms at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;
/// The length of a frame, in milliseconds.
pub const FRAME_MS: u64 = 20;
