//! `candor record export --to`: everything that a check of a call needs, as a folder, or as a tar on stdout so that it
//! can be encrypted before it is on any disk.

use super::{super::Fault, Reader, export::Format, unknown};
use crate::{
    book::Piece,
    journal::Label,
    store::{Saved, export},
};
use std::{
    fs,
    io::{self, IsTerminal, Stdout, Write},
    path::Path,
};

/// Writes one call.
pub(super) async fn one(reader: &Reader, id: &str, without: &[Label], to: &Path) -> Result<(), Fault> {
    let mut place = Place::of(to)?;
    let files = files(reader, id, without).await?;
    match &mut place {
        Place::Folder(_) => export::write_folder(to, files)?,
        Place::Tar(_) => place.put(id, files)?,
    }
    place.end()
}

/// Writes all calls of the reader's program, each to a folder of its own.
pub(super) async fn all(
    reader: &Reader,
    format: Option<Format>,
    without: &[Label],
    to: Option<&Path>,
) -> Result<(), Fault> {
    let (Some(program), None, Some(to)) = (&reader.program, format, to) else {
        return Err(Fault::misuse(
            "all calls of a program go to a folder, without --format: add --to FOLDER, or --to - for a tar",
        ));
    };
    let mut place = Place::of(to)?;
    if let Place::Folder(to) = place {
        fs::create_dir(to).map_err(|e| Fault::misuse(format!("{} cannot be made: {e}", to.display())))?;
    }
    let calls = reader.archive().calls_of(std::slice::from_ref(program)).await?;
    for id in &calls {
        place.put(id, files(reader, id, without).await?)?;
    }
    if let Place::Folder(to) = place {
        println!("{} calls of {program} in {}", calls.len(), to.display());
    }
    place.end()
}

/// The files of a call, whose handing out is noted.
async fn files(reader: &Reader, id: &str, without: &[Label]) -> Result<Vec<(&'static str, Vec<u8>)>, Fault> {
    let archive = reader.archive();
    let unknown = || unknown(archive.data(), id);
    archive.program_of(reader.program.as_deref(), id).await?.ok_or_else(unknown)?;
    let evidence = archive.evidence(id).await?.ok_or_else(unknown)?;
    reader.hands_out(&evidence.program, id, Piece::Journal).await?;
    let recording = Saved::of(archive).path(id)?;
    Ok(export::files(evidence, archive.key_service(), &recording, without).await?)
}

/// Where calls go.
enum Place<'a> {
    Folder(&'a Path),
    Tar(Box<tar::Builder<Stdout>>),
}

impl Place<'_> {
    fn of(to: &Path) -> Result<Place<'_>, Fault> {
        if to != Path::new("-") {
            return Ok(Place::Folder(to));
        }
        if io::stdout().is_terminal() {
            return Err(Fault::misuse(
                "a terminal shows no tar: pipe it on, as in `| age -r RECIPIENT > FILE`",
            ));
        }
        Ok(Place::Tar(Box::new(tar::Builder::new(io::stdout()))))
    }

    /// Puts a call into a folder of its own.
    fn put(&mut self, id: &str, files: Vec<(&'static str, Vec<u8>)>) -> Result<(), Fault> {
        match self {
            Place::Folder(to) => Ok(export::write_folder(&to.join(id), files)?),
            Place::Tar(tar) => files.into_iter().try_for_each(|(name, bytes)| {
                let mut header = tar::Header::new_gnu();
                header.set_mode(0o600);
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, format!("{id}/{name}"), &bytes[..]).map_err(cut)
            }),
        }
    }

    /// Ends it: a tar that was cut off before is seen to be.
    fn end(self) -> Result<(), Fault> {
        match self {
            Place::Folder(_) => Ok(()),
            Place::Tar(tar) => tar.into_inner().and_then(|mut out| out.flush()).map_err(cut),
        }
    }
}

fn cut(e: io::Error) -> Fault {
    Fault::finding(format!("stdout takes no more: {e}; what was written is not whole"))
}
