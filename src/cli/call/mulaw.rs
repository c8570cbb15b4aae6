//! G.711 mu-law (ITU-T G.711, table 2a), as the provider's side of the line writes and reads it.

const BIAS: i32 = 0x84;
const CLIP: i32 = 32_635;

/// One linear sample as mu-law.
pub fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    let segment = (magnitude >> 7).ilog2();
    let step = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | (segment << 4) as u8 | step as u8)
}

/// One mu-law sample as linear.
pub fn decode(byte: u8) -> i16 {
    let code = !byte;
    let magnitude = (((i32::from(code & 0x0f) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
    if code & 0x80 != 0 { -magnitude as i16 } else { magnitude as i16 }
}

/// Whether somebody at a telephone would hear this sample: louder than about -50 dB of full scale.
pub fn is_audible(byte: u8) -> bool {
    decode(byte).unsigned_abs() > AUDIBLE_MIN
}

const AUDIBLE_MIN: u16 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_round_trip() {
        for byte in 0..=255u8 {
            let again = encode(decode(byte));
            // The two zeros are one sample.
            assert!(again == byte || decode(byte) == 0, "{byte:#x} became {again:#x}");
        }
    }

    #[test]
    fn the_known_points_of_the_table() {
        for (linear, code) in [(0, 0xff), (32_767, 0x80), (-32_768, 0x00), (1_000, 0xce), (-1_000, 0x4e)] {
            assert_eq!(encode(linear), code, "{linear}");
        }
        assert_eq!((decode(0x80), decode(0x00), decode(0x7f)), (32_124, -32_124, 0));
        assert!(is_audible(encode(500)) && !is_audible(encode(40)) && !is_audible(0xff));
    }
}
