//! A recording as a file of sealed chunks (docs/record-format.md, "Recording").

use super::{
    seal::{NONCE_BYTES, TAG_BYTES},
    sealkeys::{CallKeys, Part},
};
use crate::{
    journal::{Chunks, Hash32, Label},
    ports::Finished,
    time::Millis,
};
use sha2::{Digest, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"CANDREC1";
const HEADER_BYTES: usize = 10;
/// What a chunk holds at most, before it is sealed.
const PLAIN_BYTES_MAX: usize = 64 * 1024;
pub(super) const CHANNELS: u64 = 2;
const BYTES_PER_MS: u64 = 16;

/// A chunk as it stands in the file.
pub(super) struct Chunk {
    seq: u32,
    label: Label,
    last: bool,
    plain_len: u32,
    /// All of it, its header too.
    bytes: Vec<u8>,
}

impl Chunk {
    fn sealed(keys: &CallKeys, seq: u32, label: Label, last: bool, plain: &[u8]) -> io::Result<Chunk> {
        let plain_len = plain.len() as u32;
        let sealed =
            keys.seal(&Part::Chunk(seq, label, plain_len, last), plain).map_err(|e| io::Error::other(e.0))?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + sealed.len());
        bytes.extend(seq.to_be_bytes());
        bytes.extend([label.code(), u8::from(last)]);
        bytes.extend(plain_len.to_be_bytes());
        bytes.extend(&sealed);
        Ok(Chunk { seq, label, last, plain_len, bytes })
    }

    /// What it holds; `None` where it was altered, an error where its key is not there.
    pub(super) fn open(&self, keys: &CallKeys) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let part = Part::Chunk(self.seq, self.label, self.plain_len, self.last);
        keys.open(&part, &self.bytes[HEADER_BYTES..]).map_err(|e| io::Error::other(e.to_string()))
    }

    pub(super) fn label(&self) -> Label {
        self.label
    }
}

/// Why a file of chunks is not what was written.
#[derive(Debug)]
pub(super) enum Torn {
    /// It is damaged at this chunk.
    At(u32),
    /// It ends without its last chunk.
    Short(u32),
    Io(io::Error),
}

/// Reads the chunks of a recording, in order.
pub(super) struct ChunkReader<R> {
    from: R,
    next: u32,
    place: u64,
    chain: Hash32,
    over: bool,
}

impl ChunkReader<BufReader<File>> {
    pub(super) fn of(file: File, call_id: &str) -> Result<Self, Torn> {
        let mut from = BufReader::with_capacity(128 * 1024, file);
        from.seek(SeekFrom::Start(0)).map_err(Torn::Io)?;
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Ok(()) if magic == *MAGIC => {}
            Ok(()) => return Err(Torn::At(0)),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Err(Torn::Short(0)),
            Err(e) => return Err(Torn::Io(e)),
        }
        Ok(ChunkReader { from, next: 0, place: MAGIC.len() as u64, chain: base(call_id), over: false })
    }
}

impl<R: Read> ChunkReader<R> {
    /// The next chunk; `None` after the last one.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, Torn> {
        if self.over {
            let mut more = [0];
            return match self.from.read(&mut more) {
                Ok(0) => Ok(None),
                Ok(_) => Err(Torn::At(self.next)),
                Err(e) => Err(Torn::Io(e)),
            };
        }
        let short = |e: io::Error| match e.kind() {
            ErrorKind::UnexpectedEof => Torn::Short(self.next),
            _ => Torn::Io(e),
        };
        let mut header = [0; HEADER_BYTES];
        self.from.read_exact(&mut header).map_err(short)?;
        let [a, b, c, d, label, last, e, f, g, h] = header;
        let (seq, plain_len) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
        let label = Label::of_code(label).ok_or(Torn::At(self.next))?;
        if seq != self.next || last > 1 || plain_len as usize > PLAIN_BYTES_MAX {
            return Err(Torn::At(self.next));
        }
        let mut bytes = header.to_vec();
        bytes.resize(HEADER_BYTES + NONCE_BYTES + plain_len as usize + TAG_BYTES, 0);
        self.from.read_exact(&mut bytes[HEADER_BYTES..]).map_err(short)?;
        self.chain = link(self.chain, &bytes);
        self.next += 1;
        self.place += bytes.len() as u64;
        self.over = last == 1;
        Ok(Some(Chunk { seq, label, last: last == 1, plain_len, bytes }))
    }

    /// How many were read, and the hash over them.
    pub(super) fn so_far(&self) -> Chunks {
        Chunks { count: u64::from(self.next), head: self.chain }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }
}

fn base(call_id: &str) -> Hash32 {
    Hash32::sha256(&[b"candor-recording/1\n", call_id.as_bytes()])
}

fn link(chain: Hash32, chunk: &[u8]) -> Hash32 {
    Hash32::sha256(&[&chain.0, chunk])
}

/// A recording being written.
pub(super) struct Tape {
    file: File,
    keys: CallKeys,
    next: u32,
    chain: Hash32,
    over: bool,
    /// Of the samples.
    bytes: u64,
    hash: Sha256,
}

impl Tape {
    /// The recording at `path`, to go on with; a new one where there is none.
    pub(super) fn open(path: &Path, keys: CallKeys) -> io::Result<Tape> {
        let new = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
        match new {
            Ok(mut file) => {
                file.write_all(MAGIC)?;
                let chain = base(&keys.call_id);
                Ok(Tape { file, keys, next: 0, chain, over: false, bytes: 0, hash: Sha256::new() })
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Tape::reopen(path, keys),
            Err(e) => Err(e),
        }
    }

    /// The recording that is at `path`. What a crash left half written at its end is cut off.
    pub(super) fn reopen(path: &Path, keys: CallKeys) -> io::Result<Tape> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut tape = Tape {
            chain: base(&keys.call_id),
            file: file.try_clone()?,
            keys,
            next: 0,
            over: false,
            bytes: 0,
            hash: Sha256::new(),
        };
        let mut place = MAGIC.len() as u64;
        match ChunkReader::of(file.try_clone()?, &tape.keys.call_id) {
            Ok(mut chunks) => {
                while let Ok(Some(chunk)) = chunks.next() {
                    let Some(plain) = chunk.open(&tape.keys)? else { break };
                    tape.hash.update(&plain);
                    tape.bytes += plain.len() as u64;
                    let Chunks { count, head } = chunks.so_far();
                    (tape.next, tape.chain, tape.over) = (count as u32, head, chunk.last);
                    place = chunks.place;
                }
            }
            Err(Torn::Io(e)) => return Err(e),
            Err(_) => {
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(MAGIC)?;
            }
        }
        if !tape.over {
            file.set_len(place)?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(tape)
    }

    pub(super) fn append(&mut self, label: Label, piece: &[u8]) -> io::Result<()> {
        if self.over {
            return Err(io::Error::other("the recording has ended"));
        }
        for plain in piece.chunks(PLAIN_BYTES_MAX) {
            self.write(label, false, plain)?;
        }
        Ok(())
    }

    fn write(&mut self, label: Label, last: bool, plain: &[u8]) -> io::Result<()> {
        let chunk = Chunk::sealed(&self.keys, self.next, label, last, plain)?;
        self.file.write_all(&chunk.bytes)?;
        self.chain = link(self.chain, &chunk.bytes);
        self.next += 1;
        self.hash.update(plain);
        self.bytes += plain.len() as u64;
        Ok(())
    }

    /// Ends it with its last chunk, which is empty; one that has ended stays as it is.
    pub(super) fn finish(mut self, clips: &[(Millis, Millis)]) -> io::Result<Finished> {
        if !self.over {
            self.write(Label::General, true, &[])?;
        }
        self.file.sync_all()?;
        let whole = self.bytes / CHANNELS * CHANNELS;
        let places: Vec<(u64, u64)> = clips
            .iter()
            .map(|(from, to)| {
                let place = |at: &Millis| at.0.saturating_mul(BYTES_PER_MS).min(whole);
                (place(from), place(to))
            })
            .collect();
        let clips = self.clip_hashes(&places)?;
        Ok(Finished {
            bytes: self.bytes,
            sha256: hex(&self.hash.finalize()),
            clips,
            chunks: Some(Chunks { count: u64::from(self.next), head: self.chain }),
        })
    }

    /// The hash of each part (in bytes of samples); nothing for an empty one.
    fn clip_hashes(&self, places: &[(u64, u64)]) -> io::Result<Vec<Option<String>>> {
        if places.iter().all(|(from, to)| from >= to) {
            return Ok(vec![None; places.len()]);
        }
        let mut hashes = vec![Sha256::new(); places.len()];
        let mut at = 0;
        each_plain(&self.file, &self.keys, |plain| {
            let end = at + plain.len() as u64;
            for ((from, to), hash) in places.iter().zip(&mut hashes) {
                let (from, to) = ((*from).clamp(at, end) - at, (*to).clamp(at, end) - at);
                if from < to {
                    hash.update(&plain[from as usize..to as usize]);
                }
            }
            at = end;
            Ok(())
        })?;
        let hashes = places.iter().zip(hashes);
        Ok(hashes.map(|((from, to), hash)| (from < to).then(|| hex(&hash.finalize()))).collect())
    }
}

/// Gives the samples of a recording, a chunk at a time. Any fault in it is an error.
pub(super) fn each_plain(
    file: &File,
    keys: &CallKeys,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let damaged = |torn: Torn| match torn {
        Torn::Io(e) => e,
        Torn::At(n) => io::Error::new(ErrorKind::InvalidData, format!("chunk {n} is damaged")),
        Torn::Short(n) => io::Error::new(ErrorKind::InvalidData, format!("it ends before chunk {n}")),
    };
    let mut chunks = ChunkReader::of(file.try_clone()?, &keys.call_id).map_err(damaged)?;
    while let Some(chunk) = chunks.next().map_err(damaged)? {
        let plain = chunk.open(keys)?.ok_or_else(|| damaged(Torn::At(chunk.seq)))?;
        each(&plain)?;
    }
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
