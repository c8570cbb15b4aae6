//! Which script a call is replayed on: the one that was asked for, or the one it ran on.

use super::super::Fault;
use crate::{
    config::programs,
    journal::Opened,
    program::{Program, parse},
    replay::{Change, changes},
    understand::Memory,
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// So many scripts are remembered of at a time.
const SCRIPTS_MAX: usize = 8;

/// The scripts at hand.
pub(super) struct Scripts {
    /// The one that was asked for.
    asked: Option<Script>,
    /// All that are known, by their hash.
    known: HashMap<String, Known>,
    /// The one that a program has now, by its id.
    present: HashMap<String, String>,
    /// What the script that is replayed on changed of the one with this hash.
    changed: Mutex<HashMap<Pair, Arc<Vec<Change>>>>,
}

/// The hash of the script a call ran on, and of the one it is replayed on.
type Pair = (String, String);

#[derive(Clone)]
struct Script {
    program: Arc<Program>,
    text: Arc<str>,
}

/// A script that is read when it is needed: an old one may not be valid any more.
struct Known {
    text: Arc<str>,
    program: Option<Arc<Program>>,
}

/// What one thread has understood of the calls of each script.
#[derive(Default)]
pub(super) struct Memories(Vec<Memory>);

impl Memories {
    /// That of `program`.
    pub fn of(&mut self, program: &Arc<Program>) -> &mut Memory {
        let known = self.0.iter().position(|memory| Arc::ptr_eq(memory.program(), program));
        let at = known.unwrap_or_else(|| {
            if self.0.len() >= SCRIPTS_MAX {
                self.0.clear();
            }
            self.0.push(Memory::of(Arc::clone(program)));
            self.0.len() - 1
        });
        &mut self.0[at]
    }
}

/// What a call is replayed on.
pub(super) enum Chosen {
    /// This script, and what it changed of the one the call ran on.
    On(Arc<Program>, Arc<Vec<Change>>),
    /// The call is of another program than the one that was asked for.
    Elsewhere,
    /// None of its program is known.
    None,
}

impl Scripts {
    /// Reads what is there: `asked` is replayed on; `past` and every script under `folder` are known by their hash.
    /// Scripts beside the exports in `sources` are, too.
    pub fn open(
        asked: Option<&Path>,
        past: &[PathBuf],
        folder: &Path,
        sources: &[PathBuf],
    ) -> Result<Scripts, Fault> {
        let mut scripts = Scripts {
            asked: None,
            known: HashMap::new(),
            present: HashMap::new(),
            changed: Mutex::default(),
        };
        let ids = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for program in ids.filter(|path| path.is_dir()) {
            for file in fs::read_dir(&program).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if file.extension().is_some_and(|ending| ending == "toml") {
                    scripts.know(&file);
                }
            }
            if let Ok(now) = programs::load_path(&program) {
                scripts.present.insert(now.id.clone(), now.sha256.clone());
            }
        }
        for source in sources {
            scripts.know(&source.join(programs::FILE));
            scripts.know(&source.with_file_name(programs::FILE));
            for inside in fs::read_dir(source).into_iter().flatten().flatten() {
                scripts.know(&inside.path().join(programs::FILE));
            }
        }
        for path in past {
            if scripts.know(&file_of(path)).is_none() {
                return Err(Fault::misuse(format!(
                    "there is no script at {}; give a program's folder or its program.toml",
                    path.display()
                )));
            }
        }
        if let Some(path) = asked {
            let program = programs::load_path(path).map_err(|wrong| Fault::misuse(wrong.to_string()))?;
            let text = fs::read_to_string(file_of(path)).unwrap_or_default();
            scripts.asked = Some(Script { program: Arc::new(program), text: text.into() });
        }
        Ok(scripts)
    }

    fn know(&mut self, file: &Path) -> Option<()> {
        let text = fs::read_to_string(file).ok()?;
        let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let program = parse(&text).ok().map(Arc::new);
        self.known.entry(hash).or_insert(Known { text: text.into(), program });
        Some(())
    }

    /// What the call that began as `opened` is replayed on.
    pub fn of(&self, opened: &Opened) -> Chosen {
        let ran_on = &opened.program_sha256;
        let script = match &self.asked {
            Some(asked) if asked.program.id != opened.program => return Chosen::Elsewhere,
            Some(asked) => Some(asked.clone()),
            None => self.known_as(ran_on).or_else(|| self.known_as(self.present.get(&opened.program)?)),
        };
        let Some(Script { program, text }) = script else { return Chosen::None };
        if program.sha256 == *ran_on {
            return Chosen::On(program, Arc::default());
        }
        let mut all = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = all.entry((ran_on.clone(), program.sha256.clone())).or_insert_with(|| {
            let before = self.known.get(ran_on).map(|known| changes(&known.text, &text));
            Arc::new(before.unwrap_or_default())
        });
        Chosen::On(program, Arc::clone(changed))
    }

    fn known_as(&self, hash: &str) -> Option<Script> {
        let known = self.known.get(hash)?;
        Some(Script { program: known.program.clone()?, text: Arc::clone(&known.text) })
    }
}

fn file_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(programs::FILE) } else { path.to_owned() }
}
