//! What was heard as words, and how many of them are wrong.

use crate::server::models;
use candor::{
    audio::resample::{resample, to_float},
    engine::{moonshine::Moonshine, onnx::Onnx},
    ports::{Hints, Recognizer},
    program::{Locale, Program},
};

/// The notice as it stands in the script, as one text.
pub fn notice_of(program: &Program) -> String {
    program.notice.parts.iter().map(|p| p.text.in_locale(Locale::EnUs)).collect::<Vec<_>>().join(" ")
}

/// A recogniser for recordings of 8 kHz.
pub struct Ears {
    model: Moonshine,
    runtime: tokio::runtime::Runtime,
}

impl Ears {
    pub fn open() -> Ears {
        let onnx = Onnx::open(&models()).expect("the runtime");
        let model = Moonshine::open(&onnx, &models(), 1, 4).expect("the recogniser");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Ears { model, runtime }
    }

    /// The words in it.
    pub fn transcribe(&self, samples: &[i16]) -> String {
        let float: Vec<f32> = samples.iter().copied().map(to_float).collect();
        let samples = resample(&float, 8_000, 16_000).expect("a rate").into();
        let hints = Hints { locale: Locale::EnUs, yes_no: false };
        self.runtime.block_on(self.model.recognize(samples, hints)).expect("words").text
    }
}

/// Word errors as a share of the words; a citation of the law may be read in many ways and is left out.
pub fn word_errors(wanted: &str, heard: &str) -> f64 {
    let (wanted, heard) = (words(wanted), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, want) in wanted.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, hear) in heard.iter().enumerate() {
            let best = (corner + usize::from(want != hear)).min(row[j + 1] + 1).min(row[j] + 1);
            corner = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[heard.len()] as f64 / wanted.len().max(1) as f64
}

fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace('’', "'");
    let letters = |c: char| if c.is_alphanumeric() || c == '\'' { c } else { ' ' };
    let text: String = text.chars().map(letters).collect();
    let text = format!(" {} ", text.split_whitespace().collect::<Vec<_>>().join(" "));
    let citations = [" 42 cfr part 2 ", " 42 c f r part 2 ", " forty two cfr part two ", " 42 cfr part two "];
    let text = citations.iter().fold(text, |text, citation| text.replace(citation, " "));
    text.split_whitespace().map(str::to_owned).collect()
}
