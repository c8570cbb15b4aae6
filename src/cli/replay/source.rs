//! Where calls come from: data folders, exports, and folders of exports. Everything here only reads.

use super::super::{
    Fault,
    keys::Folders,
    reading::{AsRole, Reader},
};
use crate::{
    access::Datum,
    audio::wav,
    book::Piece,
    journal::{Chain, Entry, Event, JournalRecord, Label, Link, Opened},
    ports::StoreUnavailable,
    replay::{Gone, Kept, Place, Replayed, Text, as_written},
    store::{Archive, Body, Evidence, Journals, Saved, Shut, WholeJournal, export},
    time::Millis,
    understand::Memory,
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Cursor},
    path::{Path, PathBuf},
};

/// Where entries are missing, so many of them are told at most.
const MISSING_MAX: u64 = 1_000;
/// An export is never larger: 256 MiB.
const EXPORT_BYTES_MAX: u64 = 256 << 20;

/// The caller's sound of a fixture, beside its `call.json`.
const CALLER: &str = "caller.wav";

/// Which calls of the sources, and who reads them.
pub(super) struct Wanted<'a> {
    /// The folder of the keys, where it is not beside the calls.
    pub keys: Option<&'a Path>,
    /// Only this call.
    pub call: Option<&'a str>,
    /// Who reads.
    pub reader: &'a AsRole,
    /// Whether what is sensitive is to be shown.
    pub sensitive: bool,
    /// Whether recordings are heard too, and not journals alone.
    pub hears: bool,
}

/// All calls that were named, in order.
pub(super) struct Source {
    pub calls: Vec<Whence>,
}

/// Where one call is.
#[derive(Clone)]
pub(super) enum Whence {
    /// In a data folder.
    Archived { archive: Archive, call_id: String },
    /// A JSON export.
    Json(PathBuf),
    /// The folder of an export that can be checked.
    Evidence(PathBuf),
}

/// What one thread reads with: a reader for each data folder.
#[derive(Default)]
pub(super) struct Desk(HashMap<PathBuf, Journals>);

/// What is kept of a call.
pub(super) enum Found<'a> {
    /// All of it, as it was written.
    Whole(WholeJournal<'a>),
    /// What of it can be read.
    Kept(Kept),
}

/// Why a call cannot be replayed at all: its id, as far as it is known, and the reason.
pub(super) type Unread = (String, Gone);

impl Source {
    /// Everything in `paths` that is wanted. That the calls of a data folder are read is noted in the books of their
    /// programs before any of them is.
    pub async fn of(paths: &[PathBuf], wanted: &Wanted<'_>) -> Result<Source, Fault> {
        let mut calls = Vec::new();
        for path in paths {
            calls.extend(found(path, wanted).await?);
        }
        if let Some(id) = wanted.call
            && calls.is_empty()
        {
            let places: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
            let places = places.join(" and ");
            return Err(Fault::misuse(format!(
                "there is no call {id} in {places}; `candor record list --data DIR` lists calls"
            )));
        }
        Ok(Source { calls })
    }
}

async fn found(path: &Path, wanted: &Wanted<'_>) -> Result<Vec<Whence>, Fault> {
    let takes = |id: &str| wanted.call.is_none_or(|wanted| wanted == id);
    if path.is_file() {
        let call = Whence::Json(path.to_owned());
        return Ok(if wanted.call.is_none() || takes(&call.id()?) { vec![call] } else { Vec::new() });
    }
    if !path.is_dir() {
        return Err(Fault::misuse(format!(
            "there is no {}; give a data folder, a JSON export or the folder of an export",
            path.display()
        )));
    }
    if path.join("candor.db").is_file() {
        return archived(path, wanted).await;
    }
    if path.join("manifest.json").is_file() {
        let call = Whence::Evidence(path.to_owned());
        return Ok(if wanted.call.is_none() || takes(&call.id()?) { vec![call] } else { Vec::new() });
    }
    let listed = fs::read_dir(path).map_err(|e| {
        Fault::misuse(format!("{} cannot be read: {e}; mend its permissions", path.display()))
    })?;
    let mut inside: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    inside.sort();
    let mut calls = Vec::new();
    for path in inside {
        let call = if path.join("manifest.json").is_file() {
            Whence::Evidence(path)
        } else if path.join("call.json").is_file() {
            // A fixture.
            Whence::Json(path.join("call.json"))
        } else if path.extension().is_some_and(|ending| ending == "json") {
            Whence::Json(path)
        } else {
            continue;
        };
        if wanted.call.is_none() || takes(&call.id()?) {
            calls.push(call);
        }
    }
    if calls.is_empty() && wanted.call.is_none() {
        return Err(Fault::misuse(format!(
            "there are no calls in {}: neither candor.db nor an export; make one with `candor record export`",
            path.display()
        )));
    }
    Ok(calls)
}

/// The calls of a data folder, whose reading is noted.
async fn archived(path: &Path, wanted: &Wanted<'_>) -> Result<Vec<Whence>, Fault> {
    let folders = Folders { data: path.to_owned(), keys: wanted.keys.map(Path::to_owned) };
    let reader = Reader::open(&folders, wanted.reader.clone().into()).await?;
    let told: &[Datum] = match wanted.sensitive {
        true => &Datum::ALL,
        false => &[Datum::Identity, Datum::Administrative, Datum::Emergency],
    };
    let what: &[Piece] = if wanted.hears { &[Piece::Journal, Piece::Recording] } else { &[Piece::Journal] };
    let archive = reader.archive();
    let calls = if let Some(id) = wanted.call {
        let Some(program) = archive.program_of(None, id).await? else { return Ok(Vec::new()) };
        reader.may_hear(Some((&program, id)), what, told).await?;
        for piece in what {
            reader.noted(&program, Some(id), *piece, None).await?;
        }
        vec![id.to_owned()]
    } else {
        reader.may_hear(None, what, told).await?;
        for program in archive.programs().await? {
            let calls = archive.calls_of(std::slice::from_ref(&program)).await?.len() as u64;
            for piece in what {
                reader.noted(&program, None, *piece, Some(calls)).await?;
            }
        }
        archive.calls().await?
    };
    Ok(calls.into_iter().map(|call_id| Whence::Archived { archive: archive.clone(), call_id }).collect())
}

impl Whence {
    /// The call's id, read where it has to be.
    fn id(&self) -> Result<String, Fault> {
        match self {
            Whence::Archived { call_id, .. } => Ok(call_id.clone()),
            Whence::Json(path) => Ok(json(path).map_err(|(_, gone)| Fault::misuse(gone.why))?.opened.call_id),
            Whence::Evidence(path) => {
                let manifest = fs::read(path.join("manifest.json")).ok();
                let manifest = manifest.and_then(|b| serde_json::from_slice::<serde_json::Value>(&b).ok());
                let id = manifest.and_then(|m| m["call_id"].as_str().map(str::to_owned));
                id.ok_or_else(|| Fault::misuse(format!("{} is no export", path.display())))
            }
        }
    }

    /// The call by its id, or where it is: nothing has to be read for it.
    pub fn name(&self) -> String {
        match self {
            Whence::Archived { call_id, .. } => call_id.clone(),
            Whence::Json(path) | Whence::Evidence(path) => path.display().to_string(),
        }
    }

    /// What is kept of the call.
    pub async fn read(&self) -> Result<Kept, Unread> {
        self.find(&mut Desk::default()).await.map(Found::into_kept)
    }

    /// The same, for who reads many.
    pub async fn find<'a>(&self, desk: &'a mut Desk) -> Result<Found<'a>, Unread> {
        match self {
            Whence::Json(path) => json(path).map(Found::Kept),
            Whence::Evidence(path) => folder(path).map(Found::Kept),
            Whence::Archived { archive, call_id } => {
                let unread = |e: StoreUnavailable| (call_id.clone(), Gone::wrongly(e.0));
                if let Some(whole) = desk.at(archive).map_err(unread)?.whole(call_id).await.map_err(unread)? {
                    return Ok(Found::Whole(whole));
                }
                let evidence = archive.evidence(call_id).await;
                let evidence = evidence.map_err(unread)?;
                let evidence = evidence.ok_or_else(|| (call_id.clone(), Gone::rightly("it is gone")))?;
                kept(&evidence).map(Found::Kept)
            }
        }
    }

    /// Where of the recording nothing can be heard any more, in milliseconds.
    pub async fn destroyed(&self) -> Vec<(u64, u64)> {
        let Whence::Archived { archive, call_id } = self else { return Vec::new() };
        let spans = Saved::of(archive).destroyed(call_id).await.unwrap_or_default();
        spans.into_iter().map(|(from, to)| (from.0, to.0)).collect()
    }

    /// The recording's samples (8 kHz), the caller's and the agent's in turn, silent where they were destroyed; or why
    /// there are none, and whether that is a fault.
    pub async fn samples(&self) -> Result<Vec<i16>, Gone> {
        let (archive, call_id) = match self {
            Whence::Archived { archive, call_id } => (archive, call_id),
            Whence::Json(path) => return beside(&path.with_file_name(CALLER)),
            Whence::Evidence(_) => {
                return Err(Gone::rightly("an export is read without its recording; replay the data folder"));
            }
        };
        let mut wav = Cursor::new(Vec::new());
        let length = Saved::of(archive).wav(call_id, &mut wav).await.map_err(|e| Gone::wrongly(e.0))?;
        length.ok_or_else(|| Gone::rightly("it has no recording"))?;
        let unread = |e: hound::Error| Gone::wrongly(format!("its recording cannot be read: {e}"));
        let mut wav = hound::WavReader::new(Cursor::new(wav.into_inner())).map_err(unread)?;
        wav.samples().collect::<Result<Vec<i16>, _>>().map_err(unread)
    }

    /// Whether what is kept is what was written, where that can be told.
    pub async fn altered(&self) -> Option<String> {
        match self {
            Whence::Archived { archive, call_id } => archive.verify(call_id).await.err(),
            Whence::Evidence(_) | Whence::Json(_) => None,
        }
    }
}

impl Desk {
    fn at(&mut self, archive: &Archive) -> Result<&mut Journals, StoreUnavailable> {
        if !self.0.contains_key(archive.data()) {
            self.0.insert(archive.data().to_owned(), archive.journals()?);
        }
        self.0.get_mut(archive.data()).ok_or_else(|| StoreUnavailable("there is no reader".into()))
    }
}

impl Found<'_> {
    /// How the call began.
    pub fn opened(&self) -> &Opened {
        match self {
            Found::Whole(whole) => &whole.opened,
            Found::Kept(kept) => &kept.opened,
        }
    }

    /// The result of a replay on the script of `memory`, where all of the call is plainly as it was written.
    pub fn as_written(&self, memory: &mut Memory) -> Option<Replayed> {
        let Found::Whole(whole) = self else { return None };
        let texts: Vec<Text<'_>> = whole.entries().map(|(entry, text)| (entry.at, text)).collect();
        as_written(memory, &whole.opened, &texts)
    }

    /// What of it can be read, entry by entry.
    pub fn into_kept(self) -> Kept {
        let whole = match self {
            Found::Whole(whole) => whole,
            Found::Kept(kept) => return kept,
        };
        let places = whole.entries().map(|(entry, text)| {
            let event = serde_json::from_slice::<Event>(text);
            let event = event.map_err(|_| Gone::wrongly("is damaged, or of a later version"));
            Place { seq: entry.seq, at: entry.at, label: entry.label, event }
        });
        Kept { places: places.collect(), opened: whole.opened.clone() }
    }
}

/// The caller's sound beside a fixture; the agent is silent in it.
fn beside(file: &Path) -> Result<Vec<i16>, Gone> {
    let name = file.display();
    if !file.is_file() {
        let why = format!("an export has no recording, and there is no {name}; replay the data folder");
        return Err(Gone::rightly(why));
    }
    let unread = |why: String| Gone::wrongly(format!("{name} cannot be read: {why}"));
    let size = fs::metadata(file).map_err(|e| unread(e.to_string()))?.len();
    if size > EXPORT_BYTES_MAX {
        return Err(unread(format!("it is larger than {} MiB", EXPORT_BYTES_MAX >> 20)));
    }
    let bytes = fs::read(file).map_err(|e| unread(e.to_string()))?;
    let wav = wav::read(&bytes).map_err(|e| unread(e.to_string()))?;
    let samples = wav.to_wire().map_err(|e| unread(e.to_string()))?;
    Ok(samples.into_iter().flat_map(|caller| [caller, 0]).collect())
}

/// What of a call in a data folder can be read.
fn kept(evidence: &Evidence) -> Result<Kept, Unread> {
    let opened = match &evidence.opening {
        Body::Open(_) => evidence.opened().ok_or_else(|| Gone::wrongly("its opening is damaged")),
        Body::Shut(why) => Err(gone(*why, "its opening ")),
    };
    let opened = opened.map_err(|gone| (evidence.call_id.clone(), gone))?;
    let place = |(link, body): &(Link, Body)| Place {
        seq: link.seq,
        at: link.at,
        label: link.label,
        event: match body {
            Body::Open(bytes) => bytes
                .split_first_chunk::<32>()
                .and_then(|(_, json)| serde_json::from_slice::<Event>(json).ok())
                .ok_or_else(|| Gone::wrongly("is damaged, or of a later version")),
            Body::Shut(why) => Err(gone(*why, "")),
        },
    };
    // What is missing has its place: nothing that was written may go unnoticed, and what follows is not what came next.
    let mut places: Vec<Place> = Vec::with_capacity(evidence.entries.len());
    let missing = |seq: u64, places: &mut Vec<Place>| {
        for seq in places.len() as u64..seq.min(places.len() as u64 + MISSING_MAX) {
            let at = places.last().map_or(Millis(0), |place| place.at);
            places.push(Place { seq, at, label: Label::General, event: Err(Gone::wrongly("is missing")) });
        }
    };
    for entry in &evidence.entries {
        missing(entry.0.seq, &mut places);
        places.push(place(entry));
    }
    match evidence.entries_at_end() {
        Some(entries) if entries < places.len() as u64 => {
            let why =
                format!("its journal has {} entries, and {entries} were stated at its end", places.len());
            return Err((evidence.call_id.clone(), Gone::wrongly(why)));
        }
        Some(entries) => missing(entries, &mut places),
        // Nobody knows how many there were.
        None if evidence.ended_at.is_some() => {
            return Err((evidence.call_id.clone(), Gone::wrongly("what was stated at its end is gone")));
        }
        None => {}
    }
    Ok(Kept { opened, places })
}

fn gone(shut: Shut, what: &str) -> Gone {
    let is_fault = matches!(shut, Shut::Altered | Shut::KeyAltered);
    Gone { why: format!("{what}{}", shut.why()), is_fault }
}

/// A JSON export. Its chain must hold, to the end that its record tells: what was altered is no evidence.
fn json(path: &Path) -> Result<Kept, Unread> {
    #[derive(Deserialize)]
    struct Exported {
        candor_export: u32,
        opened: Opened,
        entries: Vec<Entry>,
        record: Recorded,
    }
    // Of the record, no more than this: one of another version has other fields.
    #[derive(Deserialize)]
    struct Recorded {
        journal: JournalRecord,
    }
    let name = path.display().to_string();
    let shut = |why: String| (name.clone(), Gone::wrongly(why));
    let size = fs::metadata(path).map(|m| m.len());
    let size = size.map_err(|e| shut(format!("{name} cannot be read: {e}")))?;
    if size > EXPORT_BYTES_MAX {
        return Err(shut(format!("{name} is larger than {} MiB: no export", EXPORT_BYTES_MAX >> 20)));
    }
    let text = fs::read(path).map_err(|e| shut(format!("{name} cannot be read: {e}")))?;
    // The parser's own words would quote the caller.
    let wrong = |e: serde_json::Error| {
        shut(format!(
            "{name} is no export of a call (line {}); make one with `candor record export`",
            e.line()
        ))
    };
    let exported: Exported = serde_json::from_slice(&text).map_err(wrong)?;
    if exported.candor_export != 1 {
        return Err(shut(format!("{name} is an export of another version")));
    }
    let damaged = |why: String| (exported.opened.call_id.clone(), Gone::wrongly(format!("{name}: {why}")));
    let chain = Chain::verify(&exported.opened, &exported.entries);
    let chain = chain.map_err(|broken| damaged(broken.to_string()))?;
    let JournalRecord { entries, head } = &exported.record.journal;
    if chain.len() != *entries {
        let why = format!("the journal was cut: {} entries, and its record tells of {entries}", chain.len());
        return Err(damaged(why));
    }
    if chain.head().to_string() != *head {
        return Err(damaged("the journal does not end as its record tells".into()));
    }
    Ok(Kept::whole(exported.opened, exported.entries))
}

/// An export that can be checked, as far as it is open.
fn folder(path: &Path) -> Result<Kept, Unread> {
    #[derive(Deserialize)]
    struct Part {
        seq: Option<u64>,
        at: Option<Millis>,
        label: Option<Label>,
        body: Option<String>,
        shut: Option<Shut>,
    }
    let name = path.display().to_string();
    let (call_id, verdict) = export::check(path, None).map_err(|e| (name.clone(), Gone::wrongly(e.0)))?;
    verdict.map_err(|why| (call_id.clone(), Gone::wrongly(format!("{name}: {why}"))))?;
    let damaged = || (call_id.clone(), Gone::wrongly(format!("{name}: journal.jsonl is damaged")));
    let file = fs::File::open(path.join("journal.jsonl")).map_err(|_| damaged())?;
    let (mut opened, mut places) = (None, Vec::new());
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|_| damaged())?;
        let part: Part = serde_json::from_str(&line).map_err(|_| damaged())?;
        let shut = part.shut.unwrap_or(Shut::Altered);
        if opened.is_none() {
            let body = part.body.ok_or_else(|| (call_id.clone(), gone(shut, "its opening ")))?;
            opened = Some(serde_json::from_str::<Opened>(&body).map_err(|_| damaged())?);
            continue;
        }
        let (Some(seq), Some(at), Some(label)) = (part.seq, part.at, part.label) else {
            return Err(damaged());
        };
        let event = match part.body {
            Some(body) => serde_json::from_str::<Event>(&body)
                .map_err(|_| Gone::wrongly("is damaged, or of a later version")),
            None => Err(gone(shut, "")),
        };
        places.push(Place { seq, at, label, event });
    }
    Ok(Kept { opened: opened.ok_or_else(damaged)?, places })
}
