//! A call as a folder that can be checked without this program (docs/record-format.md, "Export").

use super::{
    evidence::{Body, Evidence, Keys, Shut},
    statement::{Claim, Statement},
};
use crate::{
    journal::{Bytes32, Chunks, Hash32, Label, Link, Salt, canonical},
    ports::{KeyService, StoreUnavailable},
    time::{Millis, Utc},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};
use zeroize::Zeroizing;

const FORMAT: u32 = 3;
/// The one before: calls with two labels.
const FORMAT_BEFORE: u32 = 2;
const MANIFEST: &str = "manifest.json";
const SIGNED: &str = "manifest.sig";
const JOURNAL: &str = "journal.jsonl";
const STATEMENTS: &str = "statements.jsonl";
const RECORD: &str = "record.json";
const RECORDING: &str = "recording.sealed";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    candor_export: u32,
    call_id: String,
    program: String,
    channel: String,
    started_at: Utc,
    ended_at: Option<Utc>,
    outcome: Option<String>,
    /// Ed25519, hex: compare it with the one that the program published.
    public_key: Bytes32,
    /// Those that the call has had keys for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<Label>>,
    destroyed: Vec<Label>,
    withheld: Vec<Label>,
    recording: Option<Chunks>,
    /// SHA-256 of every other file.
    files: BTreeMap<String, Hash32>,
}

/// A part: its leaf, and what it says or why it does not.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leaf: Option<Hash32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<Salt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shut: Option<Shut>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    seq: u64,
    at: Millis,
    label: Label,
    hash: Hash32,
    #[serde(flatten)]
    part: Part,
}

impl Part {
    pub(super) fn new(leaf: Option<Hash32>, body: &Body) -> Part {
        let none = Part { leaf, salt: None, body: None, shut: None };
        let shut = match body {
            Body::Open(bytes) => {
                if let Some((salt, text)) = bytes.split_first_chunk::<32>()
                    && let Ok(text) = str::from_utf8(text)
                {
                    return Part { salt: Some(Bytes32(*salt)), body: Some(text.into()), ..none };
                }
                Shut::Altered
            }
            Body::Shut(shut) => *shut,
        };
        Part { shut: Some(shut), ..none }
    }

    fn body(&self) -> Body {
        match (&self.salt, &self.body, self.shut) {
            (Some(salt), Some(text), None) => {
                Body::Open(Zeroizing::new([&salt.0[..], text.as_bytes()].concat()))
            }
            (None, None, Some(shut)) => Body::Shut(shut),
            _ => Body::Shut(Shut::Altered),
        }
    }
}

/// Writes a call to the new folder `to`, as [`files`] gives it.
pub async fn write(
    evidence: Evidence,
    keys: &dyn KeyService,
    recording: &Path,
    withheld: &[Label],
    to: &Path,
) -> Result<(), StoreUnavailable> {
    write_folder(to, files(evidence, keys, recording, withheld).await?)
}

/// The files of a call's export, without the bodies whose labels are `withheld`; `recording` is its file, where it has
/// one.
pub async fn files(
    mut evidence: Evidence,
    keys: &dyn KeyService,
    recording: &Path,
    withheld: &[Label],
) -> Result<Vec<(&'static str, Vec<u8>)>, StoreUnavailable> {
    for (link, body) in &mut evidence.entries {
        if withheld.contains(&link.label) && body.bytes().is_some() {
            *body = Body::Shut(Shut::Withheld);
        }
    }
    if withheld.contains(&frame(&evidence.labels)) {
        let parts = [Some(&mut evidence.opening), evidence.record.as_mut()].into_iter().flatten();
        parts.filter(|part| part.bytes().is_some()).for_each(|part| *part = Body::Shut(Shut::Withheld));
    }
    let mut files: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut journal = line(&Part::new(Some(evidence.opening_leaf), &evidence.opening));
    for (link, body) in &evidence.entries {
        let part = Part::new(Some(link.leaf), body);
        journal.extend(line(&Row { seq: link.seq, at: link.at, label: link.label, hash: link.hash, part }));
    }
    files.push((JOURNAL, journal));
    files.push((STATEMENTS, evidence.statements.iter().flat_map(|(_, said)| line(said)).collect()));
    if let Some(record) = &evidence.record {
        files.push((RECORD, line(&Part::new(None, record))));
    }
    match fs::read(recording) {
        Ok(bytes) => files.push((RECORDING, bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(failed(recording, &e)),
    }
    let public_key = Bytes32(keys.public_key(&evidence.program).await?);
    let recording = evidence.statements.iter().find_map(|(_, said)| match said.claim(&public_key.0) {
        Some(Claim::Closed { recording, .. }) => recording,
        _ => None,
    });
    let manifest = Manifest {
        candor_export: FORMAT,
        call_id: evidence.call_id.clone(),
        program: evidence.program.clone(),
        channel: evidence.channel,
        started_at: evidence.started_at,
        ended_at: evidence.ended_at,
        outcome: evidence.outcome,
        public_key,
        labels: Some(evidence.labels),
        destroyed: evidence.keys.gone(),
        withheld: withheld.to_vec(),
        recording,
        files: files.iter().map(|(name, bytes)| ((*name).to_owned(), Hash32::sha256(&[bytes]))).collect(),
    };
    let manifest = line(&manifest);
    let claim = Claim::Export { call_id: evidence.call_id, manifest: Hash32::sha256(&[&manifest]) };
    files.push((SIGNED, line(&Statement::sign(keys, &evidence.program, &claim).await?)));
    files.push((MANIFEST, manifest));
    Ok(files)
}

/// Writes the new folder `to`, for its owner's eyes only.
pub fn write_folder(to: &Path, files: Vec<(&str, Vec<u8>)>) -> Result<(), StoreUnavailable> {
    DirBuilder::new().mode(0o700).create(to).map_err(|e| failed(to, &e))?;
    for (name, bytes) in files {
        let path = to.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .map_err(|e| failed(&path, &e))?;
    }
    Ok(())
}

/// Checks the export in `folder`, with nothing else at hand: the call's id, and what was found. `public` is the key
/// that the program published; without it the export's own is believed.
pub fn check(
    folder: &Path,
    public: Option<Bytes32>,
) -> Result<(String, Result<String, String>), StoreUnavailable> {
    let read = |name: &str| fs::read(folder.join(name)).map_err(|e| failed(&folder.join(name), &e));
    let bytes = read(MANIFEST)?;
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else {
        return Ok(("unknown".into(), Err(format!("{MANIFEST} was altered"))));
    };
    let signed = read(SIGNED)?;
    let call_id = manifest.call_id.clone();
    let verdict = (|| {
        let public = match public {
            Some(public) if public != manifest.public_key => {
                return Err("its public key is not the one that was given".to_owned());
            }
            _ => manifest.public_key,
        };
        let claim = serde_json::from_slice::<Statement>(&signed).ok();
        let claim = claim.filter(|said| line(said) == signed).and_then(|said| said.claim(&public.0));
        let expected = Claim::Export { call_id: call_id.clone(), manifest: Hash32::sha256(&[&bytes]) };
        if claim != Some(expected) {
            return Err(format!("{MANIFEST} or {SIGNED} was altered"));
        }
        if ![(FORMAT, true), (FORMAT_BEFORE, false)]
            .contains(&(manifest.candor_export, manifest.labels.is_some()))
        {
            return Err("it is of another version".into());
        }
        let sound = evidence(folder, &manifest)?.check(&public.0, &folder.join(RECORDING))?;
        for (name, hash) in &manifest.files {
            let bytes = read(name).map_err(|_| format!("{name} is gone"))?;
            if Hash32::sha256(&[&bytes]) != *hash {
                return Err(format!("{name} was altered"));
            }
        }
        Ok(sound.to_string())
    })();
    Ok((call_id, verdict))
}

fn evidence(folder: &Path, manifest: &Manifest) -> Result<Evidence, String> {
    let text = |name: &str| {
        fs::read(folder.join(name))
            .map_err(|_| format!("{name} is gone"))
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| format!("{name} was altered")))
    };
    let altered = |name: &str, at: usize| format!("{name} was altered at line {}", at + 1);
    let journal = text(JOURNAL)?;
    let mut lines = journal.lines().enumerate();
    let first = lines.next().and_then(|(_, text)| serde_json::from_str::<Part>(text).ok());
    let opening = first.ok_or_else(|| "its opening was altered".to_owned())?;
    let mut entries = Vec::new();
    for (at, text) in lines {
        let row: Row = serde_json::from_str(text).map_err(|_| format!("entry {} was altered", at - 1))?;
        let leaf = row.part.leaf.ok_or_else(|| altered(JOURNAL, at))?;
        let link = Link { seq: row.seq, at: row.at, label: row.label, leaf, hash: row.hash };
        if !may_be_shut(manifest, row.part.shut, row.label) {
            return Err(format!("entry {} was altered", row.seq));
        }
        entries.push((link, row.part.body()));
    }
    let labels = manifest.labels.clone().unwrap_or(Label::BEFORE_CONSENT.to_vec());
    if labels != Label::ALL && labels != Label::BEFORE_CONSENT {
        return Err(format!("{MANIFEST} names other labels than there are"));
    }
    if !may_be_shut(manifest, opening.shut, frame(&labels)) {
        return Err("its opening was altered".into());
    }
    let mut statements = Vec::new();
    for (at, text) in text(STATEMENTS)?.lines().enumerate() {
        let statement = serde_json::from_str(text).map_err(|_| format!("statement {at} was altered"))?;
        statements.push((at as i64, statement));
    }
    let record = match manifest.files.contains_key(RECORD) {
        false => None,
        true => {
            let part: Part =
                serde_json::from_str(&text(RECORD)?).map_err(|_| "its record was altered".to_owned())?;
            if !may_be_shut(manifest, part.shut, frame(&labels)) {
                return Err("its record was altered".into());
            }
            Some(part.body())
        }
    };
    Ok(Evidence {
        call_id: manifest.call_id.clone(),
        program: manifest.program.clone(),
        channel: manifest.channel.clone(),
        started_at: manifest.started_at,
        ended_at: manifest.ended_at,
        outcome: manifest.outcome.clone(),
        opening_leaf: opening.leaf.ok_or_else(|| "its opening was altered".to_owned())?,
        opening: opening.body(),
        entries,
        record,
        statements,
        keys: Keys::elsewhere(&manifest.call_id, &labels, &manifest.destroyed),
        labels,
        is_tagged_right: true,
    })
}

/// What seals the opening and the record of a call with these labels.
fn frame(labels: &[Label]) -> Label {
    if labels.contains(&Label::Consent) { Label::Consent } else { Label::General }
}

/// Whether a part of this label may be missing for this reason. A redaction is checked with what was signed.
fn may_be_shut(manifest: &Manifest, shut: Option<Shut>, label: Label) -> bool {
    match shut {
        None | Some(Shut::Redacted) => true,
        Some(Shut::Destroyed) => manifest.destroyed.contains(&label),
        Some(Shut::Withheld) => manifest.withheld.contains(&label),
        Some(Shut::Altered | Shut::KeyAltered) => false,
    }
}

pub(super) fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = canonical(value);
    line.push(b'\n');
    line
}

fn failed(path: &Path, error: &io::Error) -> StoreUnavailable {
    StoreUnavailable(match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("{} exists already; give another folder with --to", path.display())
        }
        ErrorKind::NotFound => format!("{} is not there; give the folder of an export", path.display()),
        _ => format!("{} cannot be read or written: {error}", path.display()),
    })
}
