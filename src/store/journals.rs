//! Whole journals, one after the other, for who reads thousands: on a connection of the reader's own, each part opened
//! where it was read to, and none parsed.
//!
//! Only a call of which everything is there and opens is read in this way. What was redacted, destroyed or altered is
//! for [`Archive::evidence`], which says so part by part.

use super::{
    archive::{Archive, parsed},
    callkeys::{CallKeys, Part, SealKeys},
    database,
    seal::{NONCE_BYTES, TAG_BYTES},
    statement::entries_at_end,
};
use crate::{
    journal::{Label, Opened},
    ports::StoreUnavailable,
    time::Millis,
};
use rusqlite::{Connection, OptionalExtension, types::ValueRef};
use std::ops::Range;
use zeroize::Zeroizing;

/// What the salt of a body takes, before its text.
const SALT_BYTES: usize = 32;

const CALL: &str = "SELECT CAST(program AS BLOB), opening, \
    (SELECT wrapped FROM call_keys k WHERE k.call_id = calls.call_id AND label = 'general'), \
    (SELECT wrapped FROM call_keys k WHERE k.call_id = calls.call_id AND label = 'sensitive'), \
    (SELECT wrapped FROM call_keys k WHERE k.call_id = calls.call_id AND label = 'consent') \
    FROM calls WHERE call_id = ?";
/// Whether the call has ended, and what was stated of it: a row is changed more easily than a statement.
const ENDED: &str = "SELECT ended_at IS NOT NULL FROM calls WHERE call_id = ?";
const SAID: &str = "SELECT CAST(body AS BLOB) FROM statements WHERE call_id = ? ORDER BY number DESC";
const ENTRIES: &str = "SELECT seq, at, label, sealed FROM entries WHERE call_id = ? ORDER BY seq";

/// One reader of journals.
pub struct Journals {
    connection: Connection,
    keys: SealKeys,
    /// Of the call that was read last: its parts one after the other, and where they are.
    bytes: Zeroizing<Vec<u8>>,
    entries: Vec<WholeEntry>,
}

/// The journal of a call, all of which is there.
pub struct WholeJournal<'a> {
    /// How it begins.
    pub opened: Opened,
    bytes: &'a [u8],
    entries: &'a [WholeEntry],
}

/// An entry of which the body is there.
pub struct WholeEntry {
    /// Its number.
    pub seq: u64,
    /// When, in the call.
    pub at: Millis,
    /// Under which key it was sealed.
    pub label: Label,
    body: Range<usize>,
}

impl WholeJournal<'_> {
    /// Its entries in order, each with its text: an event as JSON.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&WholeEntry, &[u8])> {
        self.entries.iter().map(|entry| (entry, &self.bytes[entry.body.clone()]))
    }
}

/// What of a call is needed before its entries: its program, its opening, and its wrapped keys.
struct Head {
    program: String,
    opening: Range<usize>,
    wrapped: Vec<(String, String)>,
}

impl Archive {
    /// A reader of journals, which is quick where many are read.
    pub fn journals(&self) -> Result<Journals, StoreUnavailable> {
        Ok(Journals {
            connection: database::reader(self.data())?,
            keys: self.seal_keys().clone(),
            bytes: Zeroizing::default(),
            entries: Vec::new(),
        })
    }
}

impl Journals {
    /// The journal of a call; nothing where a part of it is not there or does not open, or there is no such call.
    pub async fn whole(&mut self, call_id: &str) -> Result<Option<WholeJournal<'_>>, StoreUnavailable> {
        let Some(head) = self.read(call_id).map_err(|e| database::unreadable(&e))? else { return Ok(None) };
        let keys = self.keys.unwrapped(&head.program, call_id, &head.wrapped).await?;
        Ok(self.opened(&keys, head.opening))
    }

    /// Reads what is kept of a call, sealed as it is; nothing where a part was taken out.
    fn read(&mut self, call_id: &str) -> rusqlite::Result<Option<Head>> {
        self.bytes.clear();
        self.entries.clear();
        let (bytes, entries) = (&mut self.bytes, &mut self.entries);
        let mut put = |sealed: &[u8]| {
            let from = bytes.len();
            bytes.extend_from_slice(sealed);
            from..bytes.len()
        };
        // One transaction sees one state of the database: nothing can come between the call and its entries.
        let reading = self.connection.transaction()?;
        let head = reading.prepare_cached(CALL)?.query_row([call_id], |row| {
            let (ValueRef::Blob(program), ValueRef::Blob(opening)) = (row.get_ref(0)?, row.get_ref(1)?)
            else {
                return Ok(None);
            };
            let mut wrapped = Vec::with_capacity(Label::ALL.len());
            for (at, label) in Label::ALL.into_iter().enumerate() {
                let ValueRef::Text(key) = row.get_ref(2 + at)? else { return Ok(None) };
                wrapped.push((label.name().to_owned(), String::from_utf8_lossy(key).into_owned()));
            }
            let program = String::from_utf8_lossy(program).into_owned();
            Ok(Some(Head { program, opening: put(opening), wrapped }))
        });
        let Some(head) = head.optional()?.flatten() else { return Ok(None) };
        let mut statement = reading.prepare_cached(ENTRIES)?;
        let mut rows = statement.query([call_id])?;
        while let Some(row) = rows.next()? {
            let place = (row.get_ref(0)?, row.get_ref(1)?, row.get_ref(2)?, row.get_ref(3)?);
            let (
                ValueRef::Integer(seq),
                ValueRef::Integer(at),
                ValueRef::Text(label),
                ValueRef::Blob(sealed),
            ) = place
            else {
                return Ok(None);
            };
            let label = std::str::from_utf8(label).ok().and_then(Label::of_name);
            // Where an entry is missing, what follows is no journal.
            let follows = seq == entries.len() as i64;
            let (Some(label), Ok(at), true) = (label, u64::try_from(at), follows) else { return Ok(None) };
            let body = put(sealed);
            entries.push(WholeEntry { seq: seq as u64, at: Millis(at), label, body });
        }
        // Nor is a journal of which the last entries are missing.
        let ended = reading.prepare_cached(ENDED)?.query_row([call_id], |row| row.get::<_, bool>(0))?;
        let mut statement = reading.prepare_cached(SAID)?;
        let mut said = statement.query([call_id])?;
        let mut at_end = None;
        while let (None, Some(row)) = (at_end, said.next()?) {
            let ValueRef::Blob(body) = row.get_ref(0)? else { return Ok(None) };
            at_end = entries_at_end(body);
        }
        match at_end {
            Some(at_end) if at_end != entries.len() as u64 => Ok(None),
            None if ended => Ok(None),
            _ => Ok(Some(head)),
        }
    }

    /// Opens every part in its place.
    fn opened(&mut self, keys: &CallKeys, opening: Range<usize>) -> Option<WholeJournal<'_>> {
        let bytes = &mut **self.bytes;
        let body = keys.open_in_place(&Part::Opening, &mut bytes[opening])?;
        let (_, opened) = parsed::<Opened>(body).ok()?;
        for entry in &mut self.entries {
            let sealed = entry.body.clone();
            let part = Part::Entry(entry.seq, entry.label);
            let plain = keys.open_in_place(&part, &mut bytes[sealed.clone()])?.len();
            if plain < SALT_BYTES {
                return None;
            }
            entry.body = sealed.start + NONCE_BYTES + SALT_BYTES..sealed.end - TAG_BYTES;
        }
        Some(WholeJournal { opened, bytes, entries: &self.entries })
    }
}
