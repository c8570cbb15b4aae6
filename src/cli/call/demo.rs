//! The callers that come with the project.

use super::script::{BadScript, Script, Voice};
use std::path::Path;

/// A caller of the demonstration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Demo {
    /// Agrees to everything.
    Consenting,
    /// Says no after the notice.
    Declining,
    /// Agrees, and takes part of it back later.
    Revoking,
}

impl Demo {
    /// What this caller does, said by `voice`.
    pub fn script(self, voice: &Voice<'_>) -> Result<Script, BadScript> {
        const OPENING: &str = include_str!("demo/opening.toml");
        let text = match self {
            Demo::Consenting => [OPENING, include_str!("demo/consenting.toml")].concat(),
            Demo::Revoking => [OPENING, include_str!("demo/revoking.toml")].concat(),
            Demo::Declining => include_str!("demo/declining.toml").to_string(),
        };
        Script::parse(&text, Path::new(""), voice)
    }

    /// One line about this caller.
    pub fn about(self) -> &'static str {
        match self {
            Demo::Consenting => "a caller who agrees to everything",
            Demo::Declining => "a caller who says no after the privacy notice",
            Demo::Revoking => "a caller who agrees, and later takes back what she said about her insurance",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::voice::CallerVoice;
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_caller_has_recordings_in_both_voices() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/callers");
        for speaker in ["hibari-heart", "flite-rms"] {
            let voice = CallerVoice::recorded(&folder, speaker);
            for demo in Demo::value_variants() {
                demo.script(&|text| voice.say(text)).unwrap();
            }
        }
    }
}
