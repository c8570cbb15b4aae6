//! Seals what earlier versions left plain: call by call, each in one transaction, so that it can be cut off anywhere
//! and goes on at the next start.

use super::{
    archive::tag_of,
    callkeys::{Part, SealKeys},
    database,
    recordings::{folder_in, path_in},
    seal::random,
    statement::{Claim, Statement},
    tape::Tape,
    writer::{self, Line, Opening},
};
use crate::{
    journal::{
        self, Bytes32, CallRecord, Chain, Chunks, Event, Labels, Opened, Salts, body, canonical, leaf_of,
    },
    ports::StoreUnavailable,
    time::{Millis, Utc},
};
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteRow};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

/// Read from a plain recording at a time: four seconds.
const PIECE_BYTES: usize = 64 * 1024;

/// Seals every call that is plain. The caller holds the folder's lock.
pub(super) async fn seal_plain(data: &Path, keys: &SealKeys) -> Result<(), StoreUnavailable> {
    let mut connection = database::writer(data).await?;
    let plain = "SELECT count(*) FROM sqlite_master WHERE name = 'plain_calls'";
    let plain: i64 = sqlx::query_scalar(plain).fetch_one(&mut connection).await.map_err(failed)?;
    if plain == 0 {
        return connection.close().await.map_err(failed);
    }
    // What is deleted is overwritten, so that nothing plain stays between the rows.
    sqlx::query("PRAGMA secure_delete = ON").execute(&mut connection).await.map_err(failed)?;
    let calls: Vec<String> = sqlx::query_scalar("SELECT call_id FROM plain_calls ORDER BY started_at, rowid")
        .fetch_all(&mut connection)
        .await
        .map_err(failed)?;
    for (at, call_id) in calls.iter().enumerate() {
        seal_call(&mut connection, data, keys, call_id).await?;
        tracing::info!(call_id, done = at + 1, of = calls.len(), "a call was sealed");
    }
    remove_plain_recordings(&mut connection, data).await?;
    let empty = "DROP TABLE plain_entries; DROP TABLE plain_calls; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)";
    sqlx::raw_sql(empty).execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)
}

async fn seal_call(
    connection: &mut SqliteConnection,
    data: &Path,
    keys: &SealKeys,
    call_id: &str,
) -> Result<(), StoreUnavailable> {
    let row = sqlx::query("SELECT * FROM plain_calls WHERE call_id = ?")
        .bind(call_id)
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let rows = sqlx::query("SELECT seq, at, event, hash FROM plain_entries WHERE call_id = ? ORDER BY seq")
        .bind(call_id)
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    let (program, text): (String, String) = (get(&row, "program")?, get(&row, "opened")?);
    let (own, wrapped) = keys.make(&program, call_id).await?;
    let salt = Bytes32(random()?);
    let opened: Option<Opened> = serde_json::from_str::<Opened>(&text).ok().map(|o| Opened { salt, ..o });
    // What cannot be read is sealed as it stands: it is evidence all the same.
    let plain = match &opened {
        Some(opened) => opened.body(),
        None => [&salt.0[..], text.as_bytes()].concat(),
    };
    let opening = Opening {
        call_id: call_id.into(),
        program: program.clone(),
        channel: get(&row, "channel")?,
        provider_tag: match &opened {
            Some(opened) => tag_of(keys.service(), &program, opened).await?,
            None => None,
        },
        started_at: Utc(get(&row, "started_at")?),
        leaf: leaf_of(&plain),
        sealed: own.seal(&Part::Opening, &plain)?,
        keys: wrapped,
    };

    let recording = seal_recording(data, call_id, &own)?;
    let mut before = Before::new(&text);
    let (mut chain, mut labels) = (Chain::base(call_id, opening.leaf), Labels::default());
    let (mut salts, mut lines) = (Salts::new(random()?), Vec::with_capacity(rows.len()));
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let (at, event, hash): (i64, String, String) =
            (get(row, "at")?, get(row, "event")?, get(row, "hash")?);
        before.follow(at, &event, &hash);
        let (at, salt) = (Millis(u64::try_from(at).unwrap_or(0)), salts.next());
        let parsed: Option<Event> = serde_json::from_str(&event).ok().map(|event| match event {
            Event::Recording { duration_ms, sha256, clips, .. } => {
                Event::Recording { duration_ms, sha256, chunks: recording, clips }
            }
            other => other,
        });
        let label = parsed.as_ref().map_or(journal::Label::Sensitive, |event| labels.of_event(event));
        let plain = match &parsed {
            Some(event) => body(&salt, event),
            None => [&salt.0[..], event.as_bytes()].concat(),
        };
        let link = chain.link(at, label, leaf_of(&plain));
        lines.push(Line::new(&link, own.seal(&Part::Entry(link.seq, label), &plain)?)?);
        entries.extend(parsed.map(|event| journal::Entry {
            seq: link.seq,
            at,
            label,
            event,
            salt,
            leaf: link.leaf,
            hash: link.hash,
        }));
    }
    let was = Claim::WasPlain {
        call_id: call_id.into(),
        entries: rows.len() as u64,
        head: rows.last().map(|row| get(row, "hash")).transpose()?,
        broken_at: before.broken_at,
    };
    let was = Statement::sign(keys.service(), &program, &was).await?;

    let ended: Option<i64> = get(&row, "ended_at")?;
    let end = match ended {
        None => None,
        Some(ended) => {
            let (outcome, kept): (String, String) = (get(&row, "outcome")?, get(&row, "record")?);
            let record = match (&opened, serde_json::from_str::<CallRecord>(&kept)) {
                (Some(opened), Ok(kept)) if entries.len() == rows.len() => {
                    let mut again = journal::record(opened, &entries);
                    // What the record said before it is sealed is not made better than it was.
                    let (new, old) = (again.journal.clone(), kept.journal.clone());
                    again.journal = old;
                    let said = if again == kept { again } else { kept };
                    canonical(&CallRecord { journal: new, ..said })
                }
                _ => kept.into_bytes(),
            };
            let plain = [&random::<32>()?[..], &record].concat();
            let claim = Claim::Closed {
                call_id: call_id.into(),
                program: program.clone(),
                channel: opening.channel.clone(),
                started_at: opening.started_at,
                ended_at: Utc(ended),
                outcome: outcome.clone(),
                opening: opening.leaf,
                entries: chain.len(),
                head: chain.head(),
                record: leaf_of(&plain),
                recording,
                labels: Some(journal::Label::ALL.to_vec()),
            };
            let statement = Statement::sign(keys.service(), &program, &claim).await?;
            Some((ended, outcome, own.seal(&Part::Record, &plain)?, statement))
        }
    };

    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    writer::open(&mut transaction, &opening).await.map_err(failed)?;
    let lines: Vec<_> = lines.iter().map(|line| (call_id, line)).collect();
    writer::insert(&mut transaction, &lines).await.map_err(failed)?;
    writer::say(&mut transaction, call_id, &was).await.map_err(failed)?;
    if let Some((ended, outcome, record, statement)) = end {
        sqlx::query("UPDATE calls SET ended_at = ?, outcome = ?, record = ? WHERE call_id = ?")
            .bind(ended)
            .bind(outcome)
            .bind(record)
            .bind(call_id)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        writer::say(&mut transaction, call_id, &statement).await.map_err(failed)?;
    }
    for table in ["DELETE FROM plain_entries WHERE call_id = ?", "DELETE FROM plain_calls WHERE call_id = ?"]
    {
        sqlx::query(table).bind(call_id).execute(&mut *transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    remove(&plain_path(data, call_id))
}

/// Seals a plain recording beside it; the plain one goes when the call is sealed. One that a run before this left is
/// made anew: its keys are gone.
fn seal_recording(
    data: &Path,
    call_id: &str,
    keys: &super::callkeys::CallKeys,
) -> Result<Option<Chunks>, StoreUnavailable> {
    let broken = |e: std::io::Error| {
        StoreUnavailable(format!("the recording of call {call_id} cannot be sealed: {e}; check the disk"))
    };
    let mut from = match File::open(plain_path(data, call_id)) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(broken(e)),
    };
    let to = path_in(&folder_in(data), call_id);
    remove(&to)?;
    let mut tape = Tape::open(&to, keys.clone()).map_err(broken)?;
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        piece.clear();
        from.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece).map_err(broken)?;
        if piece.is_empty() {
            break;
        }
        // When a sensitive question was open is not known to the sample any more: all of it is sealed apart.
        tape.append(journal::Label::Sensitive, &piece).map_err(broken)?;
    }
    let finished = tape.finish(&[]).map_err(broken)?;
    File::open(folder_in(data)).and_then(|folder| folder.sync_all()).map_err(broken)?;
    Ok(finished.chunks)
}

/// Plain recordings of calls that are sealed: what a crash between the two left.
async fn remove_plain_recordings(
    connection: &mut SqliteConnection,
    data: &Path,
) -> Result<(), StoreUnavailable> {
    let calls: Vec<String> =
        sqlx::query_scalar("SELECT call_id FROM calls").fetch_all(connection).await.map_err(failed)?;
    calls.iter().try_for_each(|call_id| remove(&plain_path(data, call_id)))
}

fn remove(path: &Path) -> Result<(), StoreUnavailable> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(StoreUnavailable(format!("{} cannot be removed: {e}", path.display())))
        }
        _ => Ok(()),
    }
}

fn plain_path(data: &Path, call_id: &str) -> std::path::PathBuf {
    folder_in(data).join(format!("{call_id}.ulaw"))
}

/// The chain as it was before: SHA-256 in hex over the hash before, a line break and `[seq,at,event]`.
struct Before {
    head: String,
    next: u64,
    broken_at: Option<u64>,
}

impl Before {
    fn new(opened: &str) -> Before {
        let value: serde_json::Value = serde_json::from_str(opened).unwrap_or_default();
        Before { head: Bytes32::sha256(&[&canonical(&value)]).to_string(), next: 0, broken_at: None }
    }

    fn follow(&mut self, at: i64, event: &str, hash: &str) {
        let value: serde_json::Value = serde_json::from_str(event).unwrap_or_default();
        let expected =
            Bytes32::sha256(&[self.head.as_bytes(), b"\n", &canonical(&(self.next, at, value))]).to_string();
        if expected != hash && self.broken_at.is_none() {
            self.broken_at = Some(self.next);
        }
        self.head = hash.into();
        self.next += 1;
    }
}

fn get<'r, T>(row: &'r SqliteRow, column: &str) -> Result<T, StoreUnavailable>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(failed)
}

fn failed(error: sqlx::Error) -> StoreUnavailable {
    StoreUnavailable(format!(
        "the calls of the version before cannot be sealed: {error}; check the disk, and start again: it goes on where \
         it stopped"
    ))
}
