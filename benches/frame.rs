//! What one frame of a call costs on the wire: 20 ms in (JSON, base64) and out. `cargo bench --bench frame`.

use candor::wire::{
    FromCaller, ToCaller,
    twilio::{Encoder, parse},
};
use std::{hint::black_box, sync::Arc, time::Instant};

const ROUNDS: u32 = 200_000;
/// 20 ms at 8 kHz.
const FRAME_BYTES: usize = 160;

fn main() {
    let samples: Arc<[u8]> = (0..=255).cycle().take(50 * FRAME_BYTES).collect();
    let encoder = Encoder::new("MZ0123456789abcdef0123456789abcdef");
    let frame = |n: usize| {
        let from = n % 50 * FRAME_BYTES;
        ToCaller::Audio { bytes: Arc::clone(&samples), from, to: from + FRAME_BYTES }
    };
    let payload = encoder.encode(&frame(0));
    let payload = payload.split("\"payload\":\"").nth(1).expect("it is there").trim_end_matches("\"}}");
    let message = format!(
        r#"{{"event":"media","sequenceNumber":"912","streamSid":"MZ0123456789abcdef0123456789abcdef","media":{{"track":"inbound","chunk":"911","timestamp":"18220","payload":"{payload}"}}}}"#
    );
    let in_ns = measured(|_| {
        let Ok(FromCaller::Audio { payload, .. }) = parse(black_box(&message)) else { unreachable!("audio") };
        payload.len()
    });
    let out_ns = measured(|n| encoder.encode(black_box(&frame(n))).len());
    println!("in: {in_ns:.0} ns a frame ({} bytes of JSON)", message.len());
    println!("out: {out_ns:.0} ns a frame");
    println!("one call, both ways: {:.4} % of a core", 50.0 * (in_ns + out_ns) / 1e9 * 100.0);
}

/// Nanoseconds a round: the best of five, after one to warm up.
fn measured(work: impl Fn(usize) -> usize) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..6 {
        let began = Instant::now();
        for n in 0..ROUNDS as usize {
            black_box(work(n));
        }
        best = best.min(began.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    best
}
