//! Recordings as files of sealed chunks: `DATA/recordings/<call_id>.sealed`, two channels (caller left, agent
//! right), 8 kHz mu-law, interleaved. One thread seals and writes them all, so that no call waits for the disk.

use super::{
    archive::Archive,
    callkeys::CallKeys,
    tape::{CHANNELS, Piece, Tape, each_piece, hex, hollow},
};
use crate::{
    audio::g711::decode_mulaw,
    journal::Label,
    observe::metrics,
    ports::{Finished, Recordings, StoreUnavailable},
    time::Millis,
};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind, Seek, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::{mpsc, oneshot};

/// How many pieces may wait for the disk: 150 calls, a piece each 20 ms, for half a second.
const WAITING_MAX: usize = 4_096;
const SAMPLE_HZ: u32 = 8_000;
const BYTES_PER_MS: u64 = 16;

enum Job {
    Append {
        keys: CallKeys,
        label: Label,
        piece: Vec<u8>,
    },
    Finish {
        keys: CallKeys,
        clips: Vec<(Millis, Millis)>,
        answer: oneshot::Sender<io::Result<Option<Finished>>>,
    },
    Destroy {
        call_id: String,
        answer: oneshot::Sender<io::Result<()>>,
    },
}

/// The recordings of a data folder, written by the process that answers calls.
pub struct FileRecordings {
    queue: mpsc::Sender<Job>,
    archive: Archive,
    /// The keys of the calls that go on.
    keys: Mutex<HashMap<String, CallKeys>>,
}

impl FileRecordings {
    /// Opens `data`'s folder of recordings, and starts their writer; it ends when this is dropped.
    pub(super) fn open(data: &Path, archive: Archive) -> Result<FileRecordings, StoreUnavailable> {
        let folder = folder_in(data);
        let failed = |e: io::Error| {
            StoreUnavailable(format!(
                "the folder {} cannot be made: {e}; make the data folder writable for this account",
                folder.display()
            ))
        };
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let (queue, jobs) = mpsc::channel(WAITING_MAX);
        let mut tapes = Tapes { folder: folder.clone(), open: HashMap::new(), destroyed: HashSet::new() };
        thread::Builder::new().name("recordings".into()).spawn(move || tapes.run(jobs)).map_err(failed)?;
        Ok(FileRecordings { queue, archive, keys: Mutex::default() })
    }

    /// A call began: its keys are at hand when its first piece comes.
    pub(super) fn expect(&self, keys: CallKeys) {
        self.keys().insert(keys.call_id.clone(), keys);
    }

    /// A call is over.
    pub(super) fn forget(&self, call_id: &str) {
        self.keys().remove(call_id);
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<String, CallKeys>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call's keys; from the database where it was opened by another process.
    async fn keys_of(&self, call_id: &str) -> Result<CallKeys, StoreUnavailable> {
        check(call_id)?;
        if let Some(keys) = self.keys().get(call_id) {
            return Ok(keys.clone());
        }
        let keys = self.archive.keys(call_id).await?;
        keys.ok_or_else(|| {
            StoreUnavailable(format!("there is no call {call_id} whose recording this could be"))
        })
    }

    fn enqueue(&self, job: Job) -> Result<(), StoreUnavailable> {
        self.queue.try_send(job).map_err(|e| {
            metrics::store_failed();
            match e {
                mpsc::error::TrySendError::Full(_) => StoreUnavailable(format!(
                    "{WAITING_MAX} pieces of recordings wait already; the disk is too slow for so many calls"
                )),
                mpsc::error::TrySendError::Closed(_) => ended(),
            }
        })
    }
}

#[async_trait]
impl Recordings for FileRecordings {
    /// Hands the piece to the writer and does not wait for the disk: where writing fails, the call's next piece
    /// or its [`Recordings::finish`] says so. A piece of a recording that was destroyed is dropped.
    async fn append(&self, call_id: &str, label: Label, piece: Vec<u8>) -> Result<(), StoreUnavailable> {
        let keys = self.keys_of(call_id).await?;
        self.enqueue(Job::Append { keys, label, piece })
    }

    async fn finish(
        &self,
        call_id: &str,
        clips: Vec<(Millis, Millis)>,
    ) -> Result<Option<Finished>, StoreUnavailable> {
        check(call_id)?;
        let keys = match self.keys_of(call_id).await {
            Ok(keys) => keys,
            // What was never opened has no recording either, unless there is a file that says otherwise.
            Err(unknown) if self.archive.is_known(call_id).await? => return Err(unknown),
            Err(_) => return Ok(None),
        };
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job::Finish { keys, clips, answer })?;
        answered.await.map_err(|_| ended())?.map_err(|e| unwritten(call_id, &e))
    }

    async fn destroy(&self, call_id: &str) -> Result<(), StoreUnavailable> {
        check(call_id)?;
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job::Destroy { call_id: call_id.into(), answer })?;
        answered.await.map_err(|_| ended())?.map_err(|e| unwritten(call_id, &e))
    }
}

/// What the writer thread knows.
struct Tapes {
    folder: PathBuf,
    open: HashMap<String, io::Result<Tape>>,
    /// Calls whose caller wanted no recording, until they finish: pieces still under way are dropped.
    destroyed: HashSet<String>,
}

impl Tapes {
    fn run(&mut self, mut jobs: mpsc::Receiver<Job>) {
        // Whoever asked may have hung up meanwhile: an answer nobody takes is no fault.
        while let Some(job) = jobs.blocking_recv() {
            match job {
                Job::Append { keys, label, piece } => self.append(keys, label, &piece),
                Job::Finish { keys, clips, answer } => drop(answer.send(self.finish(keys, &clips))),
                Job::Destroy { call_id, answer } => drop(answer.send(self.destroy(call_id))),
            }
        }
    }

    fn append(&mut self, keys: CallKeys, label: Label, piece: &[u8]) {
        if self.destroyed.contains(&keys.call_id) {
            return;
        }
        let path = path_in(&self.folder, &keys.call_id);
        let tape = self.open.entry(keys.call_id.clone()).or_insert_with(|| Tape::open(&path, keys));
        if let Ok(open) = tape
            && let Err(failed) = open.append(label, piece)
        {
            metrics::store_failed();
            // A recording with a hole would have the wrong times: it ends here, and `finish` says why.
            *tape = Err(failed);
        }
    }

    fn finish(&mut self, keys: CallKeys, clips: &[(Millis, Millis)]) -> io::Result<Option<Finished>> {
        self.destroyed.remove(&keys.call_id);
        let tape = match self.open.remove(&keys.call_id) {
            Some(tape) => tape?,
            None => match Tape::reopen(&path_in(&self.folder, &keys.call_id.clone()), keys) {
                Ok(tape) => tape,
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(e),
            },
        };
        let finished = tape.finish(clips)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(Some(finished))
    }

    fn destroy(&mut self, call_id: String) -> io::Result<()> {
        self.open.remove(&call_id);
        let path = path_in(&self.folder, &call_id);
        self.destroyed.insert(call_id);
        match fs::remove_file(path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
            _ => File::open(&self.folder)?.sync_all(),
        }
    }
}

/// The recordings of a data folder, for reading.
#[derive(Clone)]
pub struct Saved {
    folder: PathBuf,
    archive: Archive,
}

impl Saved {
    /// Those of the folder that `archive` reads.
    pub fn of(archive: &Archive) -> Saved {
        Saved { folder: folder_in(archive.data()), archive: archive.clone() }
    }

    /// Length in bytes and SHA-256 (hex) of a call's samples; `None` where it has no recording, an error where a part
    /// of it was destroyed.
    pub async fn sha256(&self, call_id: &str) -> Result<Option<(u64, String)>, StoreUnavailable> {
        let Some((file, keys)) = self.find(call_id).await? else { return Ok(None) };
        let (mut bytes, mut hash) = (0, Sha256::new());
        each_piece(&file, &keys, |piece| {
            let plain = piece.heard()?;
            bytes += plain.len() as u64;
            hash.update(plain);
            Ok(())
        })
        .map_err(|e| unreadable(call_id, &e))?;
        Ok(Some((bytes, hex(&hash.finalize()))))
    }

    /// The samples of a part of a call's recording; `None` where there is none, or where any of it was destroyed.
    pub async fn clip(
        &self,
        call_id: &str,
        from: Millis,
        to: Millis,
    ) -> Result<Option<Vec<u8>>, StoreUnavailable> {
        let Some((file, keys)) = self.find(call_id).await? else { return Ok(None) };
        let (from, to) = (from.0.saturating_mul(BYTES_PER_MS), to.0.saturating_mul(BYTES_PER_MS));
        let (mut at, mut clip, mut whole) = (0, Vec::new(), true);
        each_piece(&file, &keys, |piece| {
            let length = match &piece {
                Piece::Heard(plain) => plain.len() as u64,
                Piece::Gone(length) => *length,
            };
            let (low, high) = (from.clamp(at, at + length) - at, to.clamp(at, at + length) - at);
            match piece {
                Piece::Heard(plain) if low < high => clip.extend(&plain[low as usize..high as usize]),
                Piece::Gone(_) if low < high => whole = false,
                _ => {}
            }
            at += length;
            Ok(())
        })
        .map_err(|e| unreadable(call_id, &e))?;
        Ok((whole && from < to).then_some(clip))
    }

    /// From when to when nothing of a call's recording can be heard any more: what was destroyed of it.
    pub async fn destroyed(&self, call_id: &str) -> Result<Vec<(Millis, Millis)>, StoreUnavailable> {
        let Some((file, keys)) = self.find(call_id).await? else { return Ok(Vec::new()) };
        let (mut at, mut spans) = (0, Vec::<(Millis, Millis)>::new());
        each_piece(&file, &keys, |piece| {
            let (length, is_gone) = match piece {
                Piece::Heard(plain) => (plain.len() as u64, false),
                Piece::Gone(length) => (length, true),
            };
            let (from, to) = (Millis(at / BYTES_PER_MS), Millis((at + length) / BYTES_PER_MS));
            at += length;
            match spans.last_mut() {
                _ if !is_gone => {}
                Some(last) if last.1 == from => last.1 = to,
                _ => spans.push((from, to)),
            }
            Ok(())
        })
        .map_err(|e| unreadable(call_id, &e))?;
        Ok(spans)
    }

    /// Writes a call's recording as a WAV (16 bit, stereo, 8 kHz) to `to`: its length in milliseconds, or `None`
    /// where there is none. What was destroyed of it is silence.
    pub async fn wav(&self, call_id: &str, to: impl Write + Seek) -> Result<Option<u64>, StoreUnavailable> {
        let Some((file, keys)) = self.find(call_id).await? else { return Ok(None) };
        let spec = hound::WavSpec {
            channels: CHANNELS as u16,
            sample_rate: SAMPLE_HZ,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let unwritten =
            |e: hound::Error| StoreUnavailable(format!("the WAV of call {call_id} cannot be written: {e}"));
        let mut wav = hound::WavWriter::new(to, spec).map_err(unwritten)?;
        let mut samples = 0;
        each_piece(&file, &keys, |piece| {
            let written = match piece {
                Piece::Heard(plain) => {
                    samples += plain.len() as u64;
                    plain.iter().try_for_each(|code| wav.write_sample(decode_mulaw(*code)))
                }
                Piece::Gone(length) => {
                    samples += length;
                    (0..length).try_for_each(|_| wav.write_sample(0_i16))
                }
            };
            written.map_err(io::Error::other)
        })
        .map_err(|e| unreadable(call_id, &e))?;
        if samples % CHANNELS == 1 {
            wav.write_sample(0_i16).map_err(unwritten)?;
        }
        wav.finalize().map_err(unwritten)?;
        Ok(Some(samples / CHANNELS * 1_000 / u64::from(SAMPLE_HZ)))
    }

    /// The file in which a call's recording is, or would be.
    pub fn path(&self, call_id: &str) -> Result<PathBuf, StoreUnavailable> {
        check(call_id)?;
        Ok(path_in(&self.folder, call_id))
    }

    /// The ids of the calls that have a file here, whatever is in it.
    pub fn ids(&self) -> Vec<String> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files
            .filter_map(|file| file.file_name().to_str()?.strip_suffix(".sealed").map(String::from))
            .collect()
    }

    /// Takes out of a call's file what is sealed under `labels`, or removes the file where that is `all` of it. Blocks.
    pub(super) fn tidy(&self, call_id: &str, labels: &[Label], all: bool) -> Result<(), StoreUnavailable> {
        check(call_id)?;
        let path = path_in(&self.folder, call_id);
        let done = match all {
            true => {
                [path.with_extension("part"), path].iter().try_for_each(|path| match fs::remove_file(path) {
                    Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
                    _ => Ok(()),
                })
            }
            false => match hollow(&path, call_id, labels) {
                Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            },
        };
        let synced = done.and_then(|()| match File::open(&self.folder) {
            Ok(folder) => folder.sync_all(),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
        });
        synced.map_err(|e| unwritten(call_id, &e))
    }

    async fn find(&self, call_id: &str) -> Result<Option<(File, CallKeys)>, StoreUnavailable> {
        check(call_id)?;
        match File::open(path_in(&self.folder, call_id)) {
            Ok(file) => Ok(self.archive.keys(call_id).await?.map(|keys| (file, keys))),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(unreadable(call_id, &e)),
        }
    }
}

/// The folder of the recordings of `data`.
pub(super) fn folder_in(data: &Path) -> PathBuf {
    data.join("recordings")
}

pub(super) fn path_in(folder: &Path, call_id: &str) -> PathBuf {
    folder.join(format!("{call_id}.sealed"))
}

/// A call's id becomes a file's name, so it is letters, digits, `-` and `_`, and nothing else.
pub(super) fn check(call_id: &str) -> Result<(), StoreUnavailable> {
    const CHARACTERS_MAX: usize = 64;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match call_id.chars().all(fits) && (1..=CHARACTERS_MAX).contains(&call_id.len()) {
        true => Ok(()),
        false => Err(StoreUnavailable("a call's id has 1 to 64 letters, digits, `-` and `_`".into())),
    }
}

fn ended() -> StoreUnavailable {
    StoreUnavailable("the writer of recordings has ended".into())
}

fn unwritten(call_id: &str, error: &io::Error) -> StoreUnavailable {
    StoreUnavailable(format!("the recording of call {call_id} cannot be written: {error}; check the disk"))
}

fn unreadable(call_id: &str, error: &io::Error) -> StoreUnavailable {
    StoreUnavailable(format!("the recording of call {call_id} cannot be read: {error}; check the disk"))
}
