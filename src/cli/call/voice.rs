//! Where the simulated callers get their voices.

use super::clip::Clip;
use crate::{
    engine::{hibari::Timbre, onnx::Onnx, voice::Voice},
    program::Locale,
};
use std::{
    cell::OnceCell,
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process,
};
use tokio::runtime::Runtime;

/// The voice of the callers that come with the project: the project's own, or recordings of a synthetic one.
pub struct CallerVoice<'a> {
    folder: &'a Path,
    recorded: BTreeMap<String, PathBuf>,
    speaks: Option<(&'a Path, &'a Runtime)>,
    voice: OnceCell<Result<Voice, String>>,
}

impl<'a> CallerVoice<'a> {
    /// The recordings in `folder`, by their words: the lines of its `manifest.tsv` that belong to `speaker`.
    pub fn recorded(folder: &'a Path, speaker: &str) -> CallerVoice<'a> {
        let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap_or_default();
        let lines = manifest.lines().skip(1).filter_map(|line| {
            let mut columns = line.split('\t');
            let (file, words, who) = (columns.next()?, columns.next()?, columns.next()?);
            (who == speaker).then(|| (plain(words), folder.join(file)))
        });
        CallerVoice { folder, recorded: lines.collect(), speaks: None, voice: OnceCell::new() }
    }

    /// The project's voice from `models`; where there is none, its recordings in `folder`.
    pub fn of_the_project(folder: &'a Path, models: &'a Path, runtime: &'a Runtime) -> CallerVoice<'a> {
        let recorded = CallerVoice::recorded(folder, "hibari-heart");
        CallerVoice { speaks: Some((models, runtime)), ..recorded }
    }

    /// `text` as speech.
    pub fn say(&self, text: &str) -> Result<Clip, String> {
        let spoken = self.speaks.map(|(models, runtime)| self.render(text, models, runtime));
        let why = match spoken {
            Some(Ok(clip)) => return Ok(clip),
            Some(Err(why)) => format!("{why}; and "),
            None => String::new(),
        };
        match self.recorded.get(&plain(text)) {
            Some(file) => Clip::read(file).map_err(|why| format!("{}: {why}", file.display())),
            None => Err(format!("{why}no recording of it in {}: see --voices", self.folder.display())),
        }
    }

    fn render(&self, text: &str, models: &Path, runtime: &Runtime) -> Result<Clip, String> {
        let voice = self.voice.get_or_init(|| {
            let onnx = Onnx::open(models).map_err(|e| e.to_string())?;
            // Callers' lines are never kept; the voice wants a folder all the same.
            let cache = env::temp_dir().join(format!("candor-call-{}", process::id()));
            let voice = Voice::open(&onnx, models, &cache, 1, 1, &BTreeMap::new()).map_err(|e| e.to_string());
            let _ = fs::remove_dir(&cache);
            voice
        });
        let voice = voice.as_ref().map_err(String::clone)?;
        let prompt =
            runtime.block_on(voice.say_as(text, Locale::EnUs, Timbre::Caller)).map_err(|e| e.to_string())?;
        Clip::new(prompt.mulaw.to_vec()).map_err(|e| e.to_string())
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
            let clip = CallerVoice::recorded(&folder, columns[2]).say(&columns[1].to_uppercase()).unwrap();
            let speech = clip.speech().len() as f64 / 8_000.0;
            assert!((0.1..8.0).contains(&speech), "{}: {speech} s of speech", columns[0]);
            checked += 1;
        }
        assert!(checked >= 40, "{checked}");
        assert!(CallerVoice::recorded(&folder, "nobody").say("Yes.").is_err());
    }
}
