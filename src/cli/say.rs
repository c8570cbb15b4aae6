//! `candor say`: text as a WAV file, so that those who write a script hear their words.

use super::Fault;
use crate::{
    engine::{
        hibari::Timbre,
        onnx::Onnx,
        voice::{Speech, Voice},
    },
    program::Locale,
};
use std::{collections::BTreeMap, path::PathBuf};

/// Arguments of `candor say`.
#[derive(clap::Args)]
pub struct Args {
    /// The WAV file to write.
    #[arg(long, value_name = "FILE.wav", default_value = "say.wav")]
    out: PathBuf,
    /// Samples a second: 8000 is what a caller hears.
    #[arg(long, value_name = "HZ", default_value = "8000", value_parser = rate)]
    rate: u32,
    /// The language: en-US or es-US.
    #[arg(long, value_name = "TAG", default_value = "en-US", value_parser = locale)]
    locale: Locale,
    /// Speaks as the simulated callers do.
    #[arg(long)]
    caller: bool,
    /// Where the models are.
    #[arg(long, env = "CANDOR_MODELS", default_value = "models")]
    models: PathBuf,
    /// What to say.
    #[arg(required = true)]
    text: Vec<String>,
}

fn rate(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(hz @ (8_000 | 16_000 | 24_000)) => Ok(hz),
        _ => Err("use 8000, 16000 or 24000".into()),
    }
}

fn locale(tag: &str) -> Result<Locale, String> {
    let known =
        [Locale::EnUs, Locale::EsUs].into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag));
    known.ok_or_else(|| "use en-US or es-US".into())
}

/// Runs it.
pub fn run(args: Args) -> Result<(), Fault> {
    let cannot = |e: &dyn std::fmt::Display| Fault::finding(e.to_string());
    let cache = std::env::temp_dir().join(format!("candor-say-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| cannot(&e))?;
    let onnx = Onnx::open(&args.models).map_err(|e| cannot(&e))?;
    let voice = Voice::open(&onnx, &args.models, &cache, 1, 1, &BTreeMap::new()).map_err(|e| cannot(&e))?;
    let timbre = if args.caller { Timbre::Caller } else { Timbre::Agent };
    let speech = runtime.block_on(voice.speech(&args.text.join(" "), args.locale, timbre));
    // Nothing is kept of what was only tried out.
    let _ = std::fs::remove_dir(&cache);
    let speech = speech.map_err(|e| cannot(&e))?;
    write(&args.out, &speech, args.rate).map_err(|e| {
        Fault::misuse(format!("cannot write {}: {e}; give another file with --out", args.out.display()))
    })?;
    let seconds = speech.samples.len() as f64 / f64::from(Speech::RATE_HZ);
    println!("{}: {seconds:.2} s", args.out.display());
    Ok(())
}

fn write(file: &std::path::Path, speech: &Speech, rate_hz: u32) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(file, spec)?;
    for sample in speech.at_rate(rate_hz) {
        wav.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16)?;
    }
    wav.finalize()
}
