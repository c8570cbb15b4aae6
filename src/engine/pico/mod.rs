//! Pico: SVOX's small Spanish voice (one speaker, 16 kHz, five times faster than speech on one core).
//!
//! Its engine is C code of 2009, which must not be trusted with words that callers choose. It runs as WebAssembly in
//! an interpreter: it sees its two files of voice and nothing else, and whatever goes wrong in it loses one line.
//! Engine and voice are Apache-2.0; `models/pico` and `models/pico-es` hold the licence.

mod sandbox;

use super::{
    hibari::{ENGINE, Shape, missing},
    onnx::broken,
};
use crate::ports::EngineFailed;
use sandbox::Sandbox;
use std::{fs, path::Path};

/// Samples a second that come out.
pub const RATE_HZ: u32 = 16_000;
/// What it is made of, under `models`: the engine, how Spanish is read, how the speaker sounds.
pub const FILES: [&str; 3] = ["pico/svoxpico.wasm", "pico-es/es-ES_ta.bin", "pico-es/es-ES_zl0_sg.bin"];
/// The working memory that the engine is given, in bytes.
const WORKING_BYTES: u32 = 2_500_000;
/// Bytes exchanged at a time: text in, samples out.
const CHUNK_BYTES: u32 = 1_024;
/// Instructions for any piece, and for each byte of it: five times what Spanish takes.
const FUEL: u64 = 5_000_000_000;
const FUEL_FOR_BYTE: u64 = 500_000_000;
/// A byte of text is never spoken for longer, in samples: two seconds, for a lone "w" is a word.
const SAMPLES_FOR_BYTE_MAX: usize = 2 * RATE_HZ as usize;
/// The engine's answers: there is more to come, and there is none.
const BUSY: i32 = 201;
const IDLE: i32 = 200;
const VOICE_NAME: &[u8] = b"es\0";

/// The voice, for one thread.
pub struct Pico {
    sandbox: Sandbox,
    synthesis: u32,
    exchange: Exchange,
}

/// Two places in the engine's memory that both sides know: numbers, and bytes.
#[derive(Clone, Copy)]
struct Exchange {
    numbers: u32,
    bytes: u32,
}

impl Pico {
    /// Opens the voice in the folder `models`.
    pub fn open(models: &Path) -> Result<Pico, EngineFailed> {
        let [engine, reading, speaker] = FILES;
        let read = |file: &str| {
            let path = models.join(file);
            fs::read(&path).map_err(|e| missing(&path, &e))
        };
        let files = [reading, speaker].map(|file| Ok((name_of(file).to_string(), read(file)?)));
        let files = files.into_iter().collect::<Result<_, EngineFailed>>()?;
        let mut sandbox = Sandbox::open(&read(engine)?, files, FUEL)?;
        let working = sandbox.allocate(WORKING_BYTES)?;
        let exchange = Exchange { numbers: sandbox.allocate(16)?, bytes: sandbox.allocate(CHUNK_BYTES)? };
        let Exchange { numbers, bytes } = exchange;
        let name = sandbox.allocate(VOICE_NAME.len() as u32)?;
        sandbox.write(name, VOICE_NAME)?;

        ask(&mut sandbox, "pico_initialize", &[working, WORKING_BYTES, numbers])?;
        let system = sandbox.number(numbers)?;
        ask(&mut sandbox, "pico_createVoiceDefinition", &[system, name])?;
        for file in [reading, speaker] {
            sandbox.write(bytes, format!("{}\0", name_of(file)).as_bytes())?;
            ask(&mut sandbox, "pico_loadResource", &[system, bytes, numbers])?;
            let resource = sandbox.number(numbers)?;
            ask(&mut sandbox, "pico_getResourceName", &[system, resource, bytes])?;
            ask(&mut sandbox, "pico_addResourceToVoiceDefinition", &[system, name, bytes])?;
        }
        ask(&mut sandbox, "pico_newEngine", &[system, name, numbers])?;
        let synthesis = sandbox.number(numbers)?;
        sandbox.keep()?;
        Ok(Pico { sandbox, synthesis, exchange })
    }

    /// Speaks plain words and punctuation: 16 kHz samples. The same text is the same samples, whatever was said before.
    pub fn speak(&mut self, text: &str, shape: Shape) -> Result<Vec<f32>, EngineFailed> {
        self.sandbox.restart(FUEL + FUEL_FOR_BYTE * text.len() as u64)?;
        let text = marked_up(text, shape);
        let samples_max = SAMPLES_FOR_BYTE_MAX * text.len();
        let Exchange { numbers, bytes } = self.exchange;
        let (mut rest, mut samples) = (text.as_bytes(), Vec::new());
        while !rest.is_empty() {
            let chunk = &rest[..rest.len().min(CHUNK_BYTES as usize)];
            self.sandbox.write(bytes, chunk)?;
            let arguments = [self.synthesis, bytes, chunk.len() as u32, numbers];
            ask(&mut self.sandbox, "pico_putTextUtf8", &arguments)?;
            let taken = (self.sandbox.number(numbers)? & 0xffff) as usize;
            if taken == 0 {
                return Err(broken(ENGINE, &"the Spanish voice takes no more text"));
            }
            rest = rest.get(taken..).unwrap_or_default();
            while self.listen(&mut samples)? {
                if samples.len() > samples_max {
                    return Err(broken(ENGINE, &"the Spanish voice does not stop speaking"));
                }
            }
        }
        Ok(samples)
    }

    /// Takes what is spoken so far. Whether there is more to come.
    fn listen(&mut self, samples: &mut Vec<f32>) -> Result<bool, EngineFailed> {
        let Exchange { numbers, bytes } = self.exchange;
        let arguments = [self.synthesis, bytes, CHUNK_BYTES, numbers, numbers + 8];
        let answer = self.sandbox.call("pico_getData", &arguments)?;
        if answer != BUSY && answer != IDLE {
            return Err(broken(ENGINE, &format!("the Spanish voice gives up (answer {answer})")));
        }
        let length = (self.sandbox.number(numbers)? & 0xffff).min(CHUNK_BYTES);
        let pairs = self.sandbox.read(bytes, length)?.chunks_exact(2);
        samples.extend(pairs.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0));
        Ok(answer == BUSY)
    }
}

/// What the engine calls a file.
fn name_of(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Calls a function whose answer is nought where all is well.
fn ask(sandbox: &mut Sandbox, function: &str, arguments: &[u32]) -> Result<(), EngineFailed> {
    match sandbox.call(function, arguments)? {
        0 => Ok(()),
        answer => Err(broken(ENGINE, &format!("the Spanish voice refuses {function} (answer {answer})"))),
    }
}

/// The text with pace and pitch, ended. Marks of the engine's own language in the text become spaces.
fn marked_up(text: &str, shape: Shape) -> String {
    let plain: String =
        text.chars().map(|c| if matches!(c, '<' | '>' | '&' | '\0') { ' ' } else { c }).collect();
    let level = |factor: f32, least: f32| (factor * 100.0).clamp(least, 200.0).round();
    let (speed, pitch) = (level(shape.speed, 50.0), level(shape.pitch, 50.0));
    if speed == 100.0 && pitch == 100.0 {
        return format!("{plain}\0");
    }
    format!("<speed level=\"{speed}\"><pitch level=\"{pitch}\">{plain}</pitch></speed>\0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_speak_to_the_engine() {
        let plain = Shape { pitch: 1.0, tract: 1.0, speed: 1.0 };
        assert_eq!(marked_up("a <genfile file=\"x\"> b & c\0", plain), "a  genfile file=\"x\"  b   c \0");
        let low = Shape { pitch: 0.62, tract: 1.12, speed: 1.05 };
        let expected = "<speed level=\"105\"><pitch level=\"62\">sí</pitch></speed>\0";
        assert_eq!(marked_up("sí", low), expected);
    }
}
