//! ITU-T G.711: mu-law and A-law, to and from 16-bit linear samples.

/// The mu-law code of silence.
pub const MULAW_SILENCE: u8 = 0xFF;
/// The A-law code of silence.
pub const ALAW_SILENCE: u8 = 0xD5;

const MULAW_BIAS: i32 = 0x84;
const MULAW_CLIP: i32 = 32_635;

static MULAW: [i16; 256] = table(true);
static ALAW: [i16; 256] = table(false);

/// The linear sample of a mu-law code.
pub fn decode_mulaw(code: u8) -> i16 {
    MULAW[usize::from(code)]
}

/// The mu-law code nearest to a linear sample.
pub fn encode_mulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = (i32::from(sample).abs().min(MULAW_CLIP) + MULAW_BIAS) as u32;
    // The bias makes the highest set bit 7 to 14: its place is the segment.
    let segment = 24 - magnitude.leading_zeros();
    let step = (magnitude >> (segment + 3)) & 0x0F;
    !(sign | (segment << 4) as u8 | step as u8)
}

/// The linear sample of an A-law code.
pub fn decode_alaw(code: u8) -> i16 {
    ALAW[usize::from(code)]
}

/// The A-law code nearest to a linear sample.
pub fn encode_alaw(sample: i16) -> u8 {
    let (mask, magnitude) =
        if sample >= 0 { (0xD5, sample as u16 >> 3) } else { (0x55, !sample as u16 >> 3) };
    // 12 bits remain; the lowest two segments share a step size.
    let segment = (11 - (magnitude | 0x1F).leading_zeros() as u16).min(7);
    let step = magnitude >> segment.max(1) & 0x0F;
    (segment << 4 | step) as u8 ^ mask
}

/// Decodes mu-law codes at the end of `out`.
pub fn decode_mulaw_into(codes: &[u8], out: &mut Vec<i16>) {
    out.extend(codes.iter().map(|&code| decode_mulaw(code)));
}

/// Encodes samples as mu-law at the end of `out`.
pub fn encode_mulaw_into(samples: &[i16], out: &mut Vec<u8>) {
    out.extend(samples.iter().map(|&sample| encode_mulaw(sample)));
}

const fn table(mulaw: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = if mulaw { mulaw_of(code as u8) } else { alaw_of(code as u8) };
        code += 1;
    }
    table
}

const fn mulaw_of(code: u8) -> i16 {
    let code = !code;
    let step = ((code & 0x0F) as i32) << 3;
    let magnitude = ((step + MULAW_BIAS) << ((code & 0x70) >> 4)) - MULAW_BIAS;
    (if code & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

const fn alaw_of(code: u8) -> i16 {
    let code = code ^ 0x55;
    let step = ((code & 0x0F) as i32) << 4;
    let magnitude = match (code & 0x70) >> 4 {
        0 => step + 8,
        segment => (step + 0x108) << (segment - 1),
    };
    (if code & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_codes_are_those_of_the_standard() {
        let mulaw =
            [(0x00, -32_124), (0x80, 32_124), (0xFF, 0), (0x7F, 0), (0xFE, 8), (0x7E, -8), (0xEF, 132)];
        let alaw = [(0xD5, 8), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256), (0xC5, 264), (0xF5, 528)];
        for (code, sample) in mulaw {
            assert_eq!(decode_mulaw(code), sample, "mu-law {code:#x}");
        }
        for (code, sample) in alaw {
            assert_eq!(decode_alaw(code), sample, "A-law {code:#x}");
        }
    }

    #[test]
    fn every_code_survives_decoding_and_encoding() {
        for code in 0..=255 {
            // Mu-law has two zeros; the positive one is what silence is sent as.
            let same = if code == 0x7F { MULAW_SILENCE } else { code };
            assert_eq!(encode_mulaw(decode_mulaw(code)), same);
            assert_eq!(encode_alaw(decode_alaw(code)), code);
        }
    }

    #[test]
    fn every_sample_is_encoded_within_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let magnitude = i32::from(sample).abs();
            let off = |decoded: i16| (i32::from(decoded) - i32::from(sample)).abs();
            // A step doubles with each segment; beyond the clip the loudest code is the nearest.
            let mulaw_step = 4 << (24 - ((magnitude + MULAW_BIAS) as u32).leading_zeros()).min(8);
            let alaw_step = 8 << (27 - (magnitude as u32 | 0x1FF).leading_zeros() as i32 - 4).max(0);
            let clipped = if magnitude > MULAW_CLIP { 32_768 - 32_124 } else { 0 };
            assert!(off(decode_mulaw(encode_mulaw(sample))) <= mulaw_step.max(clipped), "mu-law {sample}");
            assert!(off(decode_alaw(encode_alaw(sample))) <= alaw_step, "A-law {sample}");
        }
    }
}
