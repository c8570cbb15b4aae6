//! `candor program new`.

use super::Fault;
use crate::{
    config::{programs::FILE, retention},
    program::{SAMPLE_RETENTION, begun_from_sample, examine},
};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Writes a new program and says what to do next. Nothing that exists is ever written over.
pub(super) fn write(program: &Path, name: Option<&str>, numbers: &[String]) -> Result<String, Fault> {
    let id = program.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Fault::misuse(format!("`{}` names no folder; give an id, or a folder to make", program.display()))
    })?;
    // A word alone is an id, anything longer a path.
    let folder = if program.as_os_str() == id { Path::new("programs").join(id) } else { program.to_owned() };
    let name = name.map_or_else(|| titled(id), str::to_owned);
    let text = begun_from_sample(id, &name, numbers);
    let examined = examine(&text);
    let Some(program) = examined.program else {
        let faults: Vec<String> = examined.faults.iter().map(ToString::to_string).collect();
        return Err(Fault::misuse(faults.join("\n")));
    };
    let file = create(&folder.join(FILE), &text)?;
    create(&folder.join(retention::FILE), SAMPLE_RETENTION)?;
    Ok(next_steps(&file, &folder, id, &name, &program.person.number))
}

/// `bay_recovery` as `Bay Recovery`.
fn titled(id: &str) -> String {
    let words = id.split(['_', '-']).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

fn create(file: &Path, text: &str) -> Result<PathBuf, Fault> {
    let file = file.to_owned();
    let written = fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))
        .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&file))
        .and_then(|mut open| open.write_all(text.as_bytes()));
    let shown = file.display();
    match written {
        Ok(()) => Ok(file),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && file.exists() => Err(Fault::misuse(
            format!("{shown} is there already, and stays as it is; choose another id, or move it away"),
        )),
        Err(error) => {
            Err(Fault::misuse(format!("cannot write {shown}: {error}; choose a folder that can be written")))
        }
    }
}

fn next_steps(file: &Path, folder: &Path, id: &str, name: &str, person: &str) -> String {
    let (file, shown) = (file.display(), folder.display());
    let chat = match folder.parent() {
        Some(programs) if programs != Path::new("programs") => {
            let programs = if programs.as_os_str().is_empty() { Path::new(".") } else { programs };
            format!("candor chat --program {id} --programs {}", programs.display())
        }
        _ => format!("candor chat --program {id}"),
    };
    format!(
        "wrote {file}: {name} ({id}); every text in it is a draft for counsel
next:
  1. edit it: under [person] the number, time zone and hours first ({person} is fictional), then the words
  2. candor program check {shown}
  3. {chat}
  4. candor program graph {shown} --format svg --out {id}.svg
  5. have counsel approve each text in each language; write who and when into `approved_by`, then
     draft_for_counsel = false
  6. write your signed agreements into {shown}/agreements.toml; no call is answered before
docs/programs.md says what every field is for, and why
"
    )
}
