//! `candor record export`: a call in the forms of other systems.

use super::super::Fault;
use crate::{
    access::Datum,
    book::Piece,
    config::programs,
    interchange::{
        Call, Segments, accounting,
        fhir::{self, Edition, Exported, Profile},
        transcript,
        vcon::vcon,
    },
    journal::{CallRecord, Entry, Opened},
    time::Utc,
};
use serde_json::Value;
use std::{
    env,
    path::{Path, PathBuf},
};

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Journal and record, answers included
    Json,
    /// The recording, caller left, agent right
    Wav,
    /// FHIR R4: consents and what they rest on
    Fhir,
    /// The same in FHIR R5
    FhirR5,
    /// An IETF vCon, unsigned
    Vcon,
    /// The transcript as WebVTT
    Vtt,
    /// The transcript as JSON
    Transcript,
    /// The accounting of releases
    Accounting,
}

impl Format {
    /// Whether it is made of the journal alone, without the script.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Format::Json | Format::Wav)
    }

    fn ending(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Wav => "wav",
            Format::Fhir => "fhir.json",
            Format::FhirR5 => "fhir-r5.json",
            Format::Vcon => "vcon.json",
            Format::Vtt => "vtt",
            Format::Transcript => "transcript.json",
            Format::Accounting => "accounting.json",
        }
    }
}

/// Which Consent a receiver expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Expects {
    /// FHIR's own
    #[default]
    Base,
    /// IHE Privacy Consent on FHIR (R4)
    Pcf,
}

/// What the forms of other systems need beside the call.
#[derive(clap::Args)]
pub(super) struct More {
    /// Of fhir: which Consent the receiver expects
    #[arg(long, value_enum, default_value = "base")]
    profile: Expects,
    /// Of vcon, vtt and transcript: with the answers to sensitive questions (and, of vcon, the recording)
    #[arg(long)]
    sensitive: bool,
    /// Folder of the programs, for the names of recipients
    #[arg(long, value_name = "DIR", env = "CANDOR_PROGRAMS", default_value = "programs")]
    programs: PathBuf,
    /// Who asks for it, as it is put into the export; this account where it is left out
    #[arg(long, value_name = "NAME")]
    requester: Option<String>,
}

/// What a form tells of a call, which must all be clear to whoever gets it.
pub(super) fn tells(format: Format, is_sensitive: bool) -> (Piece, &'static [Datum]) {
    const PLAIN: &[Datum] = &[Datum::Identity, Datum::Administrative];
    const WORDS: &[Datum] = &[Datum::Identity, Datum::Administrative, Datum::Emergency];
    match format {
        Format::Json => (Piece::Journal, &Datum::ALL),
        Format::Wav => (Piece::Recording, &Datum::ALL),
        Format::Fhir | Format::FhirR5 | Format::Accounting => (Piece::Record, PLAIN),
        Format::Vcon | Format::Vtt | Format::Transcript if is_sensitive => (Piece::Transcript, &Datum::ALL),
        Format::Vcon | Format::Vtt | Format::Transcript => (Piece::Transcript, WORDS),
    }
}

impl More {
    /// Whether the answers to sensitive questions go along.
    pub(super) fn wants_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Whether the recording goes along.
    pub(super) fn wants_sound(&self, format: Format) -> bool {
        format == Format::Vcon && self.sensitive
    }

    /// Refuses what was asked for and the form does not have.
    fn fits(&self, format: Format) -> Result<(), Fault> {
        let has_words = matches!(format, Format::Vcon | Format::Vtt | Format::Transcript);
        if self.sensitive && !has_words {
            let message = "this form holds no answers; --sensitive goes with vcon, vtt and transcript";
            return Err(Fault::misuse(message));
        }
        if self.profile == Expects::Pcf && format != Format::Fhir {
            return Err(Fault::misuse("the profile pcf is of R4: use it with --format fhir"));
        }
        Ok(())
    }
}

/// Where an export goes: into a folder under a name that says the call and the form, or to the file itself.
pub(super) fn place(out: Option<PathBuf>, id: &str, format: Format) -> Option<PathBuf> {
    let out = out?;
    Some(if out.is_dir() { out.join(format!("{id}.{}", format.ending())) } else { out })
}

/// The export, ready to be written, of the call's `record` as it stands today. `sound` is the recording's WAV.
pub(super) fn text(
    more: &More,
    format: Format,
    (opened, entries): (&Opened, &[Entry]),
    record: &CallRecord,
    sound: Option<&[u8]>,
) -> Result<String, Fault> {
    more.fits(format)?;
    let program = script(&more.programs, opened)?;
    let call = Call { opened, entries, record, program: &program };
    let segments = if more.sensitive { Segments::All } else { Segments::WithoutSensitive };
    let now = Utc(jiff::Timestamp::now().as_millisecond());
    let requester = more.requester.clone().unwrap_or_else(account);
    match format {
        Format::Vtt => Ok(transcript::web_vtt(&call, segments)),
        Format::Transcript => pretty(&transcript::json(&call, segments)),
        Format::Vcon => pretty(&vcon(&call, segments, now, sound)),
        Format::Accounting => pretty(&accounting::of(&call, &requester, now, &[])),
        Format::Fhir | Format::FhirR5 => {
            let edition = if format == Format::Fhir { Edition::R4 } else { Edition::R5 };
            let profile = match more.profile {
                Expects::Base => Profile::Base,
                Expects::Pcf => Profile::Pcf,
            };
            let bundle = fhir::bundle(&call, edition, profile, now, Some(&Exported { by: requester }));
            checked(&bundle, edition)?;
            pretty(&bundle)
        }
        Format::Json | Format::Wav => Err(Fault::misuse("this form is made of the journal alone")),
    }
}

/// The script that names the recipients. It may have changed since the call.
fn script(folder: &Path, opened: &Opened) -> Result<crate::program::Program, Fault> {
    let program =
        programs::load(folder, &opened.program).map_err(|wrong| Fault::misuse(wrong.to_string()))?;
    if program.sha256 != opened.program_sha256 {
        eprintln!(
            "candor: the script of {} changed since this call; recipients are named as they are now, while what was \
             asked and signed is as it was",
            opened.program
        );
    }
    Ok(program)
}

/// Nothing goes out that breaks our own rules.
fn checked(bundle: &Value, edition: Edition) -> Result<(), Fault> {
    let problems = fhir::check(bundle, edition);
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    Err(Fault::finding(format!(
        "this call makes no valid FHIR, and nothing was written:\n{}",
        lines.join("\n")
    )))
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Fault> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|e| Fault::finding(format!("the export cannot be written: {e}")))
}

fn account() -> String {
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| env::var(name).ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "the operator".into())
}
