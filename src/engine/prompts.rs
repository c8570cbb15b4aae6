//! Rendered lines, kept: in memory for every call, on disk for the next start.
//!
//! On disk go only the lines of a script, which are the same for every caller; a line with a caller's own words
//! in it (a name read back) stays in memory. A file's name is the line's hash and says nothing.

use crate::ports::{EngineFailed, Prompt};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::OnceCell;

/// What a rendered line is known by: SHA-256 over everything that makes it sound as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub [u8; 32]);

impl Key {
    fn file_name(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + ".prompt"
    }
}

/// Speech kept in memory: 64 MiB, over two hours.
const MEMORY_BYTES_MAX: usize = 64 << 20;
/// Speech kept on disk.
const DISK_BYTES_MAX: u64 = 512 << 20;
/// Pauses in one line; more is a broken file.
const PAUSES_MAX: usize = 10_000;
const MAGIC: &[u8; 8] = b"CANDOR-1";

type Cell = Arc<OnceCell<Prompt>>;

/// The lines rendered so far.
pub struct Prompts {
    folder: PathBuf,
    shelf: Mutex<Shelf>,
    bytes_max: usize,
}

#[derive(Default)]
struct Shelf {
    lines: HashMap<Key, (Cell, u64)>,
    clock: u64,
}

impl Prompts {
    /// Lines kept in `folder`, which is made where it does not exist.
    pub fn open(folder: &Path) -> io::Result<Prompts> {
        fs::create_dir_all(folder)?;
        Ok(Prompts { folder: folder.into(), shelf: Mutex::default(), bytes_max: MEMORY_BYTES_MAX })
    }

    /// The line from memory or disk, or rendered by `render`. Of several who ask at once, one renders.
    pub async fn get(
        &self,
        key: Key,
        keep_on_disk: bool,
        render: impl Future<Output = Result<Prompt, EngineFailed>>,
    ) -> Result<Prompt, EngineFailed> {
        let cell = self.cell(key);
        let known = cell.get().cloned();
        let fresh = known.is_none();
        let prompt = match known {
            Some(prompt) => prompt,
            None => match cell.get_or_try_init(|| self.find_or_render(key, keep_on_disk, render)).await {
                Ok(prompt) => prompt.clone(),
                Err(error) => {
                    self.forget(key);
                    return Err(error);
                }
            },
        };
        if fresh {
            self.make_room();
        }
        Ok(prompt)
    }

    async fn find_or_render(
        &self,
        key: Key,
        keep_on_disk: bool,
        render: impl Future<Output = Result<Prompt, EngineFailed>>,
    ) -> Result<Prompt, EngineFailed> {
        let file = self.folder.join(key.file_name());
        let found = off_the_reactor({
            let file = file.clone();
            move || read(&file, key)
        });
        let spoiled = match found.await {
            Found::Whole(prompt) => return Ok(prompt),
            Found::Spoiled(why) => {
                tracing::warn!(file = %file.display(), why, "a cached prompt is damaged and is rendered again");
                true
            }
            Found::Nothing => false,
        };
        let prompt = render.await?;
        if keep_on_disk || spoiled {
            let (kept, file_for_write) = (prompt.clone(), file.clone());
            if let Err(error) = off_the_reactor(move || write(&file_for_write, key, &kept)).await {
                // The call does not depend on the disk: the line is rendered again at the next start.
                tracing::warn!(file = %file.display(), %error, "a prompt cannot be kept on disk");
            }
        }
        Ok(prompt)
    }

    fn cell(&self, key: Key) -> Cell {
        let mut shelf = self.shelf();
        shelf.clock += 1;
        let now = shelf.clock;
        let (cell, used) = shelf.lines.entry(key).or_default();
        *used = now;
        Arc::clone(cell)
    }

    /// Takes a line that could not be rendered off the shelf, so that failures take no room.
    fn forget(&self, key: Key) {
        let mut shelf = self.shelf();
        if shelf.lines.get(&key).is_some_and(|(cell, _)| !cell.initialized()) {
            shelf.lines.remove(&key);
        }
    }

    /// Takes the lines not asked for longest off the shelf until the rest fits.
    fn make_room(&self) {
        let mut shelf = self.shelf();
        let size = |cell: &Cell| cell.get().map_or(0, |prompt| prompt.mulaw.len());
        let mut total: usize = shelf.lines.values().map(|(cell, _)| size(cell)).sum();
        if total <= self.bytes_max {
            return;
        }
        let mut by_age: Vec<(u64, Key, usize)> =
            shelf.lines.iter().map(|(key, (cell, used))| (*used, *key, size(cell))).collect();
        by_age.sort_unstable_by_key(|(used, ..)| *used);
        // The newest stays, whatever its size: it is about to be spoken.
        by_age.pop();
        for (_, key, bytes) in by_age {
            if total <= self.bytes_max {
                break;
            }
            shelf.lines.remove(&key);
            total -= bytes;
        }
    }

    /// Removes the oldest files until the folder is under its limit.
    pub fn tidy(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_file() {
                files.push((about.modified()?, about.len(), entry.path()));
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if total <= DISK_BYTES_MAX {
                break;
            }
            fs::remove_file(path)?;
            total -= bytes;
        }
        Ok(())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // A shelf whose holder panicked is still whole: entries are added and removed in one step.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs file work where it may block.
async fn off_the_reactor<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

enum Found {
    Whole(Prompt),
    Spoiled(&'static str),
    Nothing,
}

/// A file: magic, key, number of pauses, number of samples, pauses, samples, SHA-256 of all before it.
fn read(file: &Path, key: Key) -> Found {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Nothing,
        Err(_) => return Found::Spoiled("it cannot be read"),
    };
    let Some((body, sum)) = bytes.split_last_chunk::<32>() else { return Found::Spoiled("it is too short") };
    if Sha256::digest(body).as_slice() != sum {
        return Found::Spoiled("its checksum is wrong");
    }
    parsed(body, key).map_or(Found::Spoiled("it is another prompt, or of another version"), Found::Whole)
}

fn parsed(body: &[u8], key: Key) -> Option<Prompt> {
    let body = body.strip_prefix(MAGIC)?.strip_prefix(&key.0)?;
    let (pause_count, body) = body.split_first_chunk::<4>()?;
    let (sample_count, body) = body.split_first_chunk::<4>()?;
    let pause_count = usize::try_from(u32::from_le_bytes(*pause_count)).ok().filter(|n| *n <= PAUSES_MAX)?;
    let (pauses, samples) = body.split_at_checked(pause_count * 4)?;
    if samples.is_empty() || samples.len() != usize::try_from(u32::from_le_bytes(*sample_count)).ok()? {
        return None;
    }
    let pauses_ms = pauses.chunks_exact(4).map(|p| u32::from_le_bytes([p[0], p[1], p[2], p[3]])).collect();
    Some(Prompt { mulaw: samples.into(), pauses_ms })
}

fn write(file: &Path, key: Key, prompt: &Prompt) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let too_long = |_| io::Error::other("the prompt is too long for a file");
    let mut bytes = Vec::with_capacity(prompt.mulaw.len() + 4 * prompt.pauses_ms.len() + 96);
    bytes.extend(MAGIC);
    bytes.extend(key.0);
    bytes.extend(u32::try_from(prompt.pauses_ms.len()).map_err(too_long)?.to_le_bytes());
    bytes.extend(u32::try_from(prompt.mulaw.len()).map_err(too_long)?.to_le_bytes());
    bytes.extend(prompt.pauses_ms.iter().flat_map(|pause| pause.to_le_bytes()));
    bytes.extend(prompt.mulaw.iter());
    let sum = Sha256::digest(&bytes);
    bytes.extend(sum);
    // Written beside and renamed, so that nobody ever reads half a file, whatever dies in between.
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = file.with_extension(format!("{}-{count}.part", std::process::id()));
    let written = fs::write(&beside, &bytes).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use tempfile::TempDir;

    fn prompt(fill: u8, length: usize) -> Prompt {
        Prompt { mulaw: vec![fill; length].into(), pauses_ms: [5, 10].into() }
    }

    fn folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    async fn never() -> Result<Prompt, EngineFailed> {
        panic!("rendered though it was kept")
    }

    #[tokio::test]
    async fn those_who_ask_at_once_render_once() {
        let folder = folder();
        let prompts = Arc::new(Prompts::open(folder.path()).unwrap());
        let renders = Arc::new(AtomicUsize::new(0));
        let asks = (0..20).map(|_| {
            let (prompts, renders) = (Arc::clone(&prompts), Arc::clone(&renders));
            tokio::spawn(async move {
                let render = async {
                    renders.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(prompt(1, 100))
                };
                prompts.get(Key([1; 32]), false, render).await.unwrap()
            })
        });
        for ask in asks.collect::<Vec<_>>() {
            assert_eq!(ask.await.unwrap(), prompt(1, 100));
        }
        assert_eq!(renders.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let folder = folder();
        let prompts = Prompts::open(folder.path()).unwrap();
        let failing = async { Err(EngineFailed::Overloaded("voice")) };
        assert!(prompts.get(Key([2; 32]), true, failing).await.is_err());
        assert!(prompts.shelf().lines.is_empty());
        assert_eq!(
            prompts.get(Key([2; 32]), true, async { Ok(prompt(2, 10)) }).await.unwrap(),
            prompt(2, 10)
        );
    }

    #[tokio::test]
    async fn kept_lines_outlive_the_process_and_others_leave_nothing_on_disk() {
        let folder = folder();
        let first = Prompts::open(folder.path()).unwrap();
        first.get(Key([3; 32]), true, async { Ok(prompt(3, 99)) }).await.unwrap();
        first.get(Key([4; 32]), false, async { Ok(prompt(4, 99)) }).await.unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let second = Prompts::open(folder.path()).unwrap();
        assert_eq!(second.get(Key([3; 32]), false, never()).await.unwrap(), prompt(3, 99));
    }

    #[tokio::test]
    async fn damaged_files_are_rendered_again_and_never_trusted() {
        let folder = folder();
        let key = Key([5; 32]);
        Prompts::open(folder.path()).unwrap().get(key, true, async { Ok(prompt(5, 400)) }).await.unwrap();
        let file = folder.path().join(key.file_name());
        let whole = fs::read(&file).unwrap();
        let mut flipped = whole.clone();
        flipped[200] ^= 1;
        let mut other = whole.clone();
        other[10] ^= 1;
        let length = other.len();
        let sum = Sha256::digest(&other[..length - 32]);
        other[length - 32..].copy_from_slice(&sum);
        for damaged in [&whole[..whole.len() - 1], &whole[..40], &[], &flipped[..], &other[..]] {
            fs::write(&file, damaged).unwrap();
            let again = Prompts::open(folder.path()).unwrap();
            assert_eq!(again.get(key, false, async { Ok(prompt(6, 400)) }).await.unwrap(), prompt(6, 400));
            let mended = Prompts::open(folder.path()).unwrap();
            assert_eq!(mended.get(key, false, never()).await.unwrap(), prompt(6, 400), "the file is mended");
        }
    }

    #[tokio::test]
    async fn memory_is_bounded_and_the_least_used_line_goes_first() {
        let folder = folder();
        let mut prompts = Prompts::open(folder.path()).unwrap();
        prompts.bytes_max = 250;
        for fill in [10, 11] {
            prompts.get(Key([fill; 32]), false, async { Ok(prompt(fill, 100)) }).await.unwrap();
        }
        prompts.get(Key([10; 32]), false, never()).await.unwrap();
        prompts.get(Key([12; 32]), false, async { Ok(prompt(12, 100)) }).await.unwrap();
        prompts.get(Key([10; 32]), false, never()).await.unwrap();
        let again = prompts.get(Key([11; 32]), false, async { Ok(prompt(99, 100)) }).await.unwrap();
        assert_eq!(again, prompt(99, 100), "the line not used longest was let go");
    }
}
