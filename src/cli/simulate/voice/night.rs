//! What came of each call of a long run, line by line in the data folder: a run that is cut off goes on from there.
//! It holds no words: those are with the calls.

use crate::{
    dialogue::{Acknowledgement, Decision, Outcome},
    program::Program,
    simulate::Taken,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// In the data folder.
const FILE: &str = "simulated.jsonl";
const FORMAT: u32 = 1;

/// What the calls of a file have in common.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    candor_simulated: u32,
    program: String,
    program_sha256: String,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub seed: u64,
    pub call_id: String,
    pub persona: String,
    pub person: u8,
    pub line: String,
    pub outcome: Outcome,
    pub acknowledgement: Acknowledgement,
    pub decisions: Vec<Decision>,
    pub lasted_ms: u64,
    pub turns: Vec<Taken>,
    pub broken: Option<String>,
}

/// The file, to be added to.
pub struct Night {
    file: File,
}

impl Night {
    /// Opens the file in `data`, and gives the calls that are done. Half a line at its end was being written when the
    /// run was cut off, and is taken away.
    pub fn open(data: &Path, program: &Program) -> Result<(Night, Vec<Call>), String> {
        let path = data.join(FILE);
        let unusable = |e: std::io::Error| format!("{} cannot be used: {e}", path.display());
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = file.map_err(unusable)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unusable)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(unusable)?;
        file.seek(SeekFrom::End(0)).map_err(unusable)?;
        let head = Head {
            candor_simulated: FORMAT,
            program: program.id.clone(),
            program_sha256: program.sha256.clone(),
        };
        let mut lines = text[..whole].lines();
        let mut night = Night { file };
        match lines.next() {
            None => night.put(&head)?,
            Some(first) if serde_json::from_str::<Head>(first).ok() == Some(head) => {}
            Some(_) => {
                return Err(format!(
                    "the calls in {} were made on another script; give another folder with --data",
                    data.display()
                ));
            }
        }
        let damaged = |_| format!("{} is damaged; give another folder with --data", path.display());
        let done = lines.map(|line| serde_json::from_str(line).map_err(damaged)).collect::<Result<_, _>>()?;
        Ok((night, done))
    }

    /// Writes a call down; it is done when this returns.
    pub fn add(&mut self, call: &Call) -> Result<(), String> {
        self.put(call)
    }

    fn put(&mut self, value: &impl Serialize) -> Result<(), String> {
        let mut line = serde_json::to_vec(value).map_err(|e| e.to_string())?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        written.map_err(|e| format!("{FILE} cannot be written: {e}; check the disk"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::parse;
    use std::fs;

    #[test]
    fn half_a_line_is_a_call_that_was_not_made_and_another_script_is_refused() {
        let folder = std::env::temp_dir().join(format!("candor-night-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut program = parse(include_str!("../../../../programs/harbor/program.toml")).unwrap();
        let call = Call {
            seed: 4,
            call_id: "c".into(),
            persona: "terse".into(),
            person: 1,
            line: "hiss".into(),
            outcome: Outcome::Completed,
            acknowledgement: Acknowledgement::Affirmed,
            decisions: vec![Decision::Granted],
            lasted_ms: 60_000,
            turns: Vec::new(),
            broken: None,
        };
        let (mut night, done) = Night::open(&folder, &program).unwrap();
        assert_eq!(done, []);
        night.add(&call).unwrap();
        let file = folder.join(FILE);
        let mut cut = fs::read(&file).unwrap();
        cut.extend(b"{\"seed\":5,\"call");
        fs::write(&file, cut).unwrap();
        let (mut night, done) = Night::open(&folder, &program).unwrap();
        assert_eq!(done, std::slice::from_ref(&call));
        night.add(&Call { seed: 5, ..call.clone() }).unwrap();
        let (_, done) = Night::open(&folder, &program).unwrap();
        assert_eq!(done.iter().map(|call| call.seed).collect::<Vec<_>>(), [4, 5]);
        program.sha256 = "other".into();
        assert!(Night::open(&folder, &program).err().unwrap().contains("another script"));
        fs::remove_dir_all(folder).unwrap();
    }
}
