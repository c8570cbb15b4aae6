//! A book as a folder that can be checked without this program (docs/record-format.md, "Export of a book").

use super::reading::Kept;
use crate::{
    journal::{Bytes32, Hash32},
    ports::StoreUnavailable,
    store::{
        archive::Archive,
        export::{Part, line, write_folder},
        statement::{Claim, Statement},
    },
};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

const MANIFEST: &str = "manifest.json";
const SIGNED: &str = "manifest.sig";
const BOOK: &str = "book.jsonl";
const STATEMENTS: &str = "statements.jsonl";

#[derive(Serialize)]
struct Manifest<'a> {
    candor_book_export: u32,
    program: &'a str,
    entries: u64,
    public_key: Bytes32,
    /// SHA-256 of every other file.
    files: BTreeMap<&'static str, Hash32>,
}

#[derive(Serialize)]
struct Row {
    seq: u64,
    at: i64,
    call_id: Option<String>,
    hash: Hash32,
    #[serde(flatten)]
    part: Part,
}

/// Writes a program's book to the new folder `to`. It must be as it was written.
pub async fn export_book(archive: &Archive, program: &str, to: &Path) -> Result<(), StoreUnavailable> {
    let keys = archive.key_service();
    let public_key = Bytes32(keys.public_key(program).await?);
    let kept = archive.kept_book(program).await?;
    super::checking::check(program, &kept, &public_key.0)
        .map_err(|fault| StoreUnavailable(format!("the book of {program}: {fault}")))?;
    let Kept { entries, statements, .. } = kept;
    let mut rows = Vec::new();
    for (link, body) in &entries {
        let part = Part::new(Some(link.leaf), body);
        let row = Row { seq: link.seq, at: link.at.0, call_id: link.call_id.clone(), hash: link.hash, part };
        rows.extend(line(&row));
    }
    let said: Vec<u8> = statements.iter().flat_map(line).collect();
    let mut files = vec![(BOOK, rows), (STATEMENTS, said)];
    let manifest = line(&Manifest {
        candor_book_export: 1,
        program,
        entries: entries.len() as u64,
        public_key,
        files: files.iter().map(|(name, bytes)| (*name, Hash32::sha256(&[bytes]))).collect(),
    });
    let claim = Claim::BookExport { program: program.into(), manifest: Hash32::sha256(&[&manifest]) };
    files.push((SIGNED, line(&Statement::sign(keys, program, &claim).await?)));
    files.push((MANIFEST, manifest));
    write_folder(to, files)
}
