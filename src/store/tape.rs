//! A recording as a file of sealed chunks (docs/record-format.md, "Recording").

use super::{
    callkeys::{CallKeys, Part},
    seal::{NONCE_BYTES, TAG_BYTES},
};
use crate::{
    journal::{Chunks, Hash32, Label},
    ports::Finished,
    time::Millis,
};
use sha2::{Digest, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};
use zeroize::Zeroizing;

const MAGIC_BYTES: usize = 8;
const HEADER_BYTES: usize = 10;
/// What a chunk holds at most, before it is sealed.
const PLAIN_BYTES_MAX: usize = 64 * 1024;
pub(super) const CHANNELS: u64 = 2;
const BYTES_PER_MS: u64 = 16;

const HASH_BYTES: usize = 32;
/// In the place of `last`: of this chunk only the header and a hash are left.
const GONE: u8 = 2;

/// How a file's chunks are chained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Over whole chunks: none can be taken out.
    One,
    /// Over headers and hashes of what is sealed: what is sealed can be taken out, and the chain holds.
    Two,
}

impl Form {
    fn magic(self) -> &'static [u8; MAGIC_BYTES] {
        match self {
            Form::One => b"CANDREC1",
            Form::Two => b"CANDREC2",
        }
    }

    fn of(magic: &[u8; MAGIC_BYTES]) -> Option<Form> {
        [Form::One, Form::Two].into_iter().find(|form| form.magic() == magic)
    }

    /// The chain after a chunk.
    fn link(self, chain: Hash32, chunk: &Chunk) -> Hash32 {
        let (header, rest) = chunk.bytes.split_at(HEADER_BYTES);
        match self {
            Form::One => Hash32::sha256(&[&chain.0, &chunk.bytes]),
            Form::Two => {
                let mut header = <[u8; HEADER_BYTES]>::try_from(header).unwrap_or_default();
                header[LAST_AT] = u8::from(chunk.last);
                let rest = match chunk.gone {
                    true => rest.to_vec(),
                    false => Hash32::sha256(&[rest]).0.to_vec(),
                };
                Hash32::sha256(&[&chain.0, &header, &rest])
            }
        }
    }
}

/// Where in a header it says whether the chunk is the last.
const LAST_AT: usize = 5;

/// A chunk as it stands in the file.
pub(super) struct Chunk {
    seq: u32,
    label: Label,
    last: bool,
    plain_len: u32,
    /// What was sealed was taken out, and its hash stands in its place.
    gone: bool,
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
        Ok(Chunk { seq, label, last, plain_len, gone: false, bytes })
    }

    /// What it holds; `None` where it was altered, an error where its key is not there or it was taken out.
    pub(super) fn open(&self, keys: &CallKeys) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        if self.gone {
            return Err(io::Error::other(format!("chunk {} was destroyed", self.seq)));
        }
        let part = Part::Chunk(self.seq, self.label, self.plain_len, self.last);
        keys.open(&part, &self.bytes[HEADER_BYTES..]).map_err(|e| io::Error::other(e.to_string()))
    }

    pub(super) fn label(&self) -> Label {
        self.label
    }

    /// Whether only its place is left.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Whether it holds samples, gone or not.
    pub(super) fn is_sound(&self) -> bool {
        self.plain_len > 0
    }

    /// Length of the samples it holds, or held.
    pub(super) fn plain_len(&self) -> u64 {
        u64::from(self.plain_len)
    }

    /// Takes out what is sealed; its hash stays in its place.
    fn hollow(&mut self) {
        let hash = Hash32::sha256(&[&self.bytes[HEADER_BYTES..]]);
        self.bytes.truncate(HEADER_BYTES);
        self.bytes[LAST_AT] = GONE;
        self.bytes.extend(hash.0);
        self.gone = true;
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
    form: Form,
    next: u32,
    place: u64,
    chain: Hash32,
    over: bool,
}

impl ChunkReader<BufReader<File>> {
    pub(super) fn of(file: File, call_id: &str) -> Result<Self, Torn> {
        let mut from = BufReader::with_capacity(128 * 1024, file);
        from.seek(SeekFrom::Start(0)).map_err(Torn::Io)?;
        let mut magic = [0; MAGIC_BYTES];
        let form = match from.read_exact(&mut magic) {
            Ok(()) => Form::of(&magic).ok_or(Torn::At(0))?,
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Err(Torn::Short(0)),
            Err(e) => return Err(Torn::Io(e)),
        };
        let (place, chain) = (MAGIC_BYTES as u64, base(call_id));
        Ok(ChunkReader { from, form, next: 0, place, chain, over: false })
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
        let gone = self.form == Form::Two && last == GONE;
        if seq != self.next || (last > 1 && !gone) || plain_len as usize > PLAIN_BYTES_MAX {
            return Err(Torn::At(self.next));
        }
        let mut bytes = header.to_vec();
        let rest = if gone { HASH_BYTES } else { NONCE_BYTES + plain_len as usize + TAG_BYTES };
        bytes.resize(HEADER_BYTES + rest, 0);
        self.from.read_exact(&mut bytes[HEADER_BYTES..]).map_err(short)?;
        let chunk = Chunk { seq, label, last: last == 1, plain_len, gone, bytes };
        self.chain = self.form.link(self.chain, &chunk);
        self.next += 1;
        self.place += chunk.bytes.len() as u64;
        self.over = chunk.last;
        Ok(Some(chunk))
    }

    /// How its chunks are chained.
    pub(super) fn form(&self) -> Form {
        self.form
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

/// A recording being written.
pub(super) struct Tape {
    file: File,
    keys: CallKeys,
    form: Form,
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
                let form = Form::Two;
                file.write_all(form.magic())?;
                let chain = base(&keys.call_id);
                Ok(Tape { file, keys, form, next: 0, chain, over: false, bytes: 0, hash: Sha256::new() })
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
            form: Form::Two,
            next: 0,
            over: false,
            bytes: 0,
            hash: Sha256::new(),
        };
        let mut place = MAGIC_BYTES as u64;
        match ChunkReader::of(file.try_clone()?, &tape.keys.call_id) {
            Ok(mut chunks) => {
                tape.form = chunks.form();
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
                file.write_all(tape.form.magic())?;
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
        self.chain = self.form.link(self.chain, &chunk);
        self.next += 1;
        self.hash.update(plain);
        self.bytes += plain.len() as u64;
        Ok(())
    }

    /// Ends it with its last chunk, which is empty; one that has ended stays as it is.
    pub(super) fn finish(mut self, clips: &[(Millis, Millis)]) -> io::Result<Finished> {
        if !self.over {
            self.write(self.keys.frame(), true, &[])?;
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
        each_piece(&self.file, &self.keys, |piece| {
            let plain = piece.heard()?;
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

/// Samples of a recording.
pub(super) enum Piece<'a> {
    Heard(&'a [u8]),
    /// So many bytes of them were destroyed.
    Gone(u64),
}

impl Piece<'_> {
    /// The samples; an error where they were destroyed.
    pub(super) fn heard(&self) -> io::Result<&[u8]> {
        match self {
            Piece::Heard(plain) => Ok(plain),
            Piece::Gone(_) => Err(io::Error::other("a part of it was destroyed")),
        }
    }
}

/// Gives the samples of a recording, a chunk at a time. Any fault in it is an error; what was destroyed is none.
pub(super) fn each_piece(
    file: &File,
    keys: &CallKeys,
    mut each: impl FnMut(Piece<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut chunks = ChunkReader::of(file.try_clone()?, &keys.call_id).map_err(damaged)?;
    while let Some(chunk) = chunks.next().map_err(damaged)? {
        if chunk.gone || keys.of(chunk.label).is_err() {
            each(Piece::Gone(chunk.plain_len()))?;
            continue;
        }
        let plain = chunk.open(keys)?.ok_or_else(|| damaged(Torn::At(chunk.seq)))?;
        each(Piece::Heard(&plain))?;
    }
    Ok(())
}

/// Takes out of the recording at `path` what is sealed under `labels`: the whole file is written anew beside it and
/// put in its place, so that a crash leaves the one or the other. Whether anything was there to be taken out; nothing
/// can be in a file of the first form.
pub(super) fn hollow(path: &Path, call_id: &str, labels: &[Label]) -> io::Result<bool> {
    let from = File::open(path)?;
    let mut chunks = ChunkReader::of(from, call_id).map_err(damaged)?;
    if chunks.form() == Form::One {
        return Ok(false);
    }
    let beside = path.with_extension("part");
    let to = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let mut out = BufWriter::with_capacity(128 * 1024, &to);
    out.write_all(Form::Two.magic())?;
    let mut changed = false;
    while let Some(mut chunk) = chunks.next().map_err(damaged)? {
        if labels.contains(&chunk.label) && !chunk.gone && !chunk.last {
            chunk.hollow();
            changed = true;
        }
        out.write_all(&chunk.bytes)?;
    }
    out.flush()?;
    drop(out);
    if !changed {
        std::fs::remove_file(&beside)?;
        return Ok(false);
    }
    to.sync_all()?;
    std::fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
    Ok(true)
}

fn damaged(torn: Torn) -> io::Error {
    match torn {
        Torn::Io(e) => e,
        Torn::At(n) => io::Error::new(ErrorKind::InvalidData, format!("chunk {n} is damaged")),
        Torn::Short(n) => io::Error::new(ErrorKind::InvalidData, format!("it ends before chunk {n}")),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
