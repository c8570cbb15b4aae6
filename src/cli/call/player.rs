//! Both sides of a call through the loudspeaker, where the machine has one; and as WAV files.

use crate::audio::g711::{MULAW_SILENCE, decode_mulaw};
use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

/// Programs that play 16-bit samples from their input.
const PLAYERS: [(&str, &[&str]); 4] = [
    ("paplay", &["--raw", "--format=s16le", "--rate=8000", "--channels=1", "--latency-msec=80"]),
    ("aplay", &["-q", "-t", "raw", "-f", "S16_LE", "-r", "8000", "-c", "1", "-"]),
    ("play", &["-q", "-t", "raw", "-e", "signed", "-b", "16", "-r", "8000", "-c", "1", "-"]),
    ("ffplay", &["-nodisp", "-autoexit", "-loglevel", "quiet", "-f", "s16le", "-ar", "8000", "-i", "-"]),
];
/// Frames that may wait for the loudspeaker; more are dropped, the call never waits.
const FRAMES_MAX: usize = 100;

/// A loudspeaker.
pub struct Player {
    frames: SyncSender<Vec<u8>>,
}

impl Player {
    /// The first player this machine has, with its name.
    pub fn start() -> Option<(Player, &'static str)> {
        PLAYERS.iter().find_map(|(program, arguments)| {
            let mut child = Command::new(program)
                .args(*arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let mut input = child.stdin.take()?;
            let (frames, queue) = sync_channel::<Vec<u8>>(FRAMES_MAX);
            thread::spawn(move || {
                // A player without a sound card ends at once: the call goes on without it.
                while let Ok(frame) = queue.recv() {
                    if input.write_all(&frame).is_err() {
                        break;
                    }
                }
                drop(input);
                let _ = child.wait();
            });
            Some((Player { frames }, *program))
        })
    }

    /// Plays what both sides said in the same 20 ms.
    pub fn play(&self, caller: &[u8], agent: &[u8]) {
        let mixed = caller
            .iter()
            .zip(agent)
            .flat_map(|(a, b)| i16::saturating_add(decode_mulaw(*a), decode_mulaw(*b)).to_le_bytes());
        let _ = self.frames.try_send(mixed.collect());
    }
}

/// Writes mu-law samples as a WAV file of 16 bits and 8 kHz, one channel for each of `sides`.
pub fn save(file: &Path, sides: &[&[u8]]) -> io::Result<()> {
    let length = sides.iter().map(|s| s.len()).max().unwrap_or(0);
    let channels = sides.len() as u16;
    let samples = (0..length).flat_map(|at| {
        sides
            .iter()
            .flat_map(move |side| decode_mulaw(side.get(at).copied().unwrap_or(MULAW_SILENCE)).to_le_bytes())
    });
    let samples: Vec<u8> = samples.collect();
    let mut wav = Vec::with_capacity(44 + samples.len());
    wav.extend(b"RIFF");
    wav.extend((36 + samples.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend(1u16.to_le_bytes());
    wav.extend(channels.to_le_bytes());
    wav.extend(8_000u32.to_le_bytes());
    wav.extend((16_000 * u32::from(channels)).to_le_bytes());
    wav.extend((2 * channels).to_le_bytes());
    wav.extend(16u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend((samples.len() as u32).to_le_bytes());
    wav.extend(samples);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, wav)
}

#[cfg(test)]
mod tests {
    use super::super::clip::Clip;
    use super::*;

    #[test]
    fn what_is_saved_can_be_read_back() {
        let folder = std::env::temp_dir().join(format!("candor-player-{}", std::process::id()));
        let file = folder.join("deep/heard.wav");
        let side: Vec<u8> = (0..4_000).map(|i| 0x10 + (i % 50) as u8).collect();
        save(&file, &[&side]).unwrap();
        assert_eq!(Clip::read(&file).unwrap().mulaw(), side);
        save(&file, &[&side, &[]]).unwrap();
        let wav = fs::read(&file).unwrap();
        assert_eq!((wav[22], wav.len()), (2, 44 + 16_000), "the shorter side is filled with silence");
        fs::remove_dir_all(folder).unwrap();
    }
}
