//! Recordings as files: `DATA/recordings/<call_id>.ulaw`, two channels (caller left, agent right), 8 kHz mu-law,
//! interleaved. One thread writes them all, so that no call waits for the disk.

use crate::{
    audio::g711::decode_mulaw,
    observe::metrics,
    ports::{Finished, Recordings, StoreUnavailable},
    time::Millis,
};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
};
use tokio::sync::{mpsc, oneshot};

/// How many pieces may wait for the disk: 150 calls, a piece each 20 ms, for half a second.
const WAITING_MAX: usize = 4_096;
const SAMPLE_HZ: u32 = 8_000;
const CHANNELS: u16 = 2;
const BYTES_PER_MS: u64 = SAMPLE_HZ as u64 / 1_000 * CHANNELS as u64;

enum Job {
    Append {
        call_id: String,
        piece: Vec<u8>,
    },
    Finish {
        call_id: String,
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
}

impl FileRecordings {
    /// Opens `data`'s folder of recordings, and starts their writer; it ends when this is dropped.
    pub fn open(data: &Path) -> Result<FileRecordings, StoreUnavailable> {
        let folder = data.join("recordings");
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
        Ok(FileRecordings { queue })
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
    async fn append(&self, call_id: &str, piece: Vec<u8>) -> Result<(), StoreUnavailable> {
        check(call_id)?;
        self.enqueue(Job::Append { call_id: call_id.into(), piece })
    }

    async fn finish(
        &self,
        call_id: &str,
        clips: Vec<(Millis, Millis)>,
    ) -> Result<Option<Finished>, StoreUnavailable> {
        check(call_id)?;
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job::Finish { call_id: call_id.into(), clips, answer })?;
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
                Job::Append { call_id, piece } => self.append(call_id, &piece),
                Job::Finish { call_id, clips, answer } => drop(answer.send(self.finish(&call_id, &clips))),
                Job::Destroy { call_id, answer } => drop(answer.send(self.destroy(call_id))),
            }
        }
    }

    fn append(&mut self, call_id: String, piece: &[u8]) {
        if self.destroyed.contains(&call_id) {
            return;
        }
        let path = path_in(&self.folder, &call_id);
        let tape = self.open.entry(call_id).or_insert_with(|| Tape::open(&path));
        if let Ok(open) = tape
            && let Err(failed) = open.append(piece)
        {
            metrics::store_failed();
            // A recording with a hole would have the wrong times: it ends here, and `finish` says why.
            *tape = Err(failed);
        }
    }

    fn finish(&mut self, call_id: &str, clips: &[(Millis, Millis)]) -> io::Result<Option<Finished>> {
        self.destroyed.remove(call_id);
        let tape = match self.open.remove(call_id) {
            Some(tape) => tape?,
            None => match Tape::reopen(&path_in(&self.folder, call_id)) {
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

/// A recording being written.
struct Tape {
    file: File,
    bytes: u64,
    hash: Sha256,
}

impl Tape {
    /// The recording at `path`, to go on with; a new one where there is none.
    fn open(path: &Path) -> io::Result<Tape> {
        let new = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
        match new {
            Ok(file) => Ok(Tape { file, bytes: 0, hash: Sha256::new() }),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Tape::reopen(path),
            Err(e) => Err(e),
        }
    }

    /// The recording that a crash left at `path`, hashed from the disk. Half a sample at its end is cut off.
    fn reopen(path: &Path) -> io::Result<Tape> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let bytes = file.metadata()?.len() / u64::from(CHANNELS) * u64::from(CHANNELS);
        file.set_len(bytes)?;
        let hash = hash_of(&file)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Tape { file, bytes, hash })
    }

    fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)?;
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    fn finish(self, clips: &[(Millis, Millis)]) -> io::Result<Finished> {
        self.file.sync_all()?;
        let clips = clips.iter().map(|&(from, to)| clip_hash(&self.file, self.bytes, from, to));
        let clips = clips.collect::<io::Result<_>>()?;
        Ok(Finished { bytes: self.bytes, sha256: hex(&self.hash.finalize()), clips })
    }
}

/// The recordings of a data folder, for reading.
#[derive(Clone, Debug)]
pub struct Saved {
    folder: PathBuf,
}

impl Saved {
    /// Those of `data`; that there are any is found out by asking for one.
    pub fn of(data: &Path) -> Saved {
        Saved { folder: data.join("recordings") }
    }

    /// Length in bytes and SHA-256 (hex) of a call's recording, from the disk; `None` where there is none.
    pub fn sha256(&self, call_id: &str) -> Result<Option<(u64, String)>, StoreUnavailable> {
        let Some(file) = self.find(call_id)? else { return Ok(None) };
        let measured = file.metadata().and_then(|about| Ok((about.len(), hex(&hash_of(&file)?.finalize()))));
        measured.map(Some).map_err(|e| unreadable(call_id, &e))
    }

    /// Writes a call's recording as a WAV (16 bit, stereo, 8 kHz) to `to`: its length in milliseconds, or `None`
    /// where there is none.
    pub fn wav(&self, call_id: &str, to: impl Write + Seek) -> Result<Option<u64>, StoreUnavailable> {
        let Some(file) = self.find(call_id)? else { return Ok(None) };
        let spec = hound::WavSpec {
            channels: CHANNELS,
            sample_rate: SAMPLE_HZ,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let unwritten =
            |e: hound::Error| StoreUnavailable(format!("the WAV of call {call_id} cannot be written: {e}"));
        let mut wav = hound::WavWriter::new(to, spec).map_err(unwritten)?;
        let whole = file.metadata().map_err(|e| unreadable(call_id, &e))?.len() / u64::from(CHANNELS);
        for byte in BufReader::new(file).take(whole * u64::from(CHANNELS)).bytes() {
            let byte = byte.map_err(|e| unreadable(call_id, &e))?;
            wav.write_sample(decode_mulaw(byte)).map_err(unwritten)?;
        }
        wav.finalize().map_err(unwritten)?;
        Ok(Some(whole * 1_000 / u64::from(SAMPLE_HZ)))
    }

    fn find(&self, call_id: &str) -> Result<Option<File>, StoreUnavailable> {
        check(call_id)?;
        match File::open(path_in(&self.folder, call_id)) {
            Ok(file) => Ok(Some(file)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(unreadable(call_id, &e)),
        }
    }
}

fn hash_of(mut file: &File) -> io::Result<Sha256> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    file.seek(SeekFrom::Start(0))?;
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash),
            n => hash.update(&piece[..n]),
        }
    }
}

/// The hash of a part of a recording of `bytes`; nothing for one outside of it.
fn clip_hash(mut file: &File, bytes: u64, from: Millis, to: Millis) -> io::Result<Option<String>> {
    let place = |at: Millis| at.0.saturating_mul(BYTES_PER_MS).min(bytes);
    let (from, to) = (place(from), place(to));
    if from >= to {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(from))?;
    let mut clip = Vec::new();
    file.take(to - from).read_to_end(&mut clip)?;
    Ok(Some(hex(&Sha256::digest(&clip))))
}

fn path_in(folder: &Path, call_id: &str) -> PathBuf {
    folder.join(format!("{call_id}.ulaw"))
}

/// A call's id becomes a file's name, so it is letters, digits, `-` and `_`, and nothing else.
fn check(call_id: &str) -> Result<(), StoreUnavailable> {
    const CHARACTERS_MAX: usize = 64;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match call_id.chars().all(fits) && (1..=CHARACTERS_MAX).contains(&call_id.len()) {
        true => Ok(()),
        false => Err(StoreUnavailable("a call's id has 1 to 64 letters, digits, `-` and `_`".into())),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
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
