//! Where the simulated callers get their voices.

use super::clip::Clip;
use std::{collections::BTreeMap, fs, path::Path};

/// The voice of the callers that come with the project: recordings first, each made with a synthetic voice.
pub struct CallerVoice {
    recorded: BTreeMap<String, std::path::PathBuf>,
    folder: String,
}

impl CallerVoice {
    /// The recordings in `folder`, by their words: the lines of its `manifest.tsv` that belong to `speaker`.
    pub fn open(folder: &Path, speaker: &str) -> CallerVoice {
        let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap_or_default();
        let recorded = manifest
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut columns = line.split('\t');
                let (file, words, who) = (columns.next()?, columns.next()?, columns.next()?);
                (who == speaker).then(|| (plain(words), folder.join(file)))
            })
            .collect();
        CallerVoice { recorded, folder: folder.display().to_string() }
    }

    /// `text` as speech.
    pub fn say(&self, text: &str) -> Result<Clip, String> {
        match self.recorded.get(&plain(text)) {
            Some(file) => Clip::read(file).map_err(|why| format!("{}: {why}", file.display())),
            None => Err(format!("no recording of it in {}; name that folder with --voices", self.folder)),
        }
    }
}

/// Words alone: lower case, without punctuation.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_committed_recording_is_speech_and_can_be_found_by_its_words() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/callers");
        let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap();
        let mut checked = 0;
        for line in manifest.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let clip = CallerVoice::open(&folder, columns[2]).say(&columns[1].to_uppercase()).unwrap();
            let speech = clip.speech().len() as f64 / 8_000.0;
            assert!((0.1..8.0).contains(&speech), "{}: {speech} s of speech", columns[0]);
            checked += 1;
        }
        assert!(checked >= 40, "{checked}");
        assert!(CallerVoice::open(&folder, "nobody").say("Yes.").is_err());
    }
}
