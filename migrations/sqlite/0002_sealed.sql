-- Calls under seal. What was said stands in sealed columns only; plain is what listing and checking need.
-- The rows of the schema before are moved over by the program, which has the keys (src/store/upgrade.rs).

DROP TRIGGER entries_follow;
DROP TRIGGER entries_end;
DROP TRIGGER entries_stay;
DROP TRIGGER entries_remain;
DROP TRIGGER calls_end_once;
DROP TRIGGER calls_remain;
DROP INDEX calls_by_start;
DROP INDEX calls_by_provider;
DROP INDEX calls_unfinished;
ALTER TABLE calls RENAME TO plain_calls;
ALTER TABLE entries RENAME TO plain_entries;

CREATE TABLE calls (
    call_id      TEXT PRIMARY KEY NOT NULL,
    program      TEXT NOT NULL,
    channel      TEXT NOT NULL,
    -- A keyed hash of the provider's id of the call, by which it is found.
    provider_tag BLOB CHECK (length(provider_tag) = 32),
    started_at   INTEGER NOT NULL,
    opening_leaf BLOB NOT NULL CHECK (length(opening_leaf) = 32),
    opening      BLOB NOT NULL,
    ended_at     INTEGER,
    outcome      TEXT,
    record       BLOB,
    CHECK ((ended_at IS NULL) = (record IS NULL) AND (ended_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX calls_by_start ON calls (started_at);
CREATE INDEX calls_by_end ON calls (program, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX calls_by_provider ON calls (provider_tag) WHERE provider_tag IS NOT NULL;
CREATE INDEX calls_unfinished ON calls (started_at) WHERE ended_at IS NULL;

CREATE TABLE entries (
    call_id TEXT NOT NULL REFERENCES calls (call_id),
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    label   TEXT NOT NULL,
    leaf    BLOB NOT NULL CHECK (length(leaf) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    -- None where it was redacted.
    sealed  BLOB,
    PRIMARY KEY (call_id, seq)
) STRICT, WITHOUT ROWID;

-- The data keys of calls, wrapped by the program's key. To delete a row is to destroy what it seals.
CREATE TABLE call_keys (
    call_id TEXT NOT NULL REFERENCES calls (call_id),
    label   TEXT NOT NULL,
    wrapped TEXT NOT NULL,
    PRIMARY KEY (call_id, label)
) STRICT, WITHOUT ROWID;

-- What the program signed about a call: heads of its journal, its end, what was redacted and destroyed.
CREATE TABLE statements (
    call_id   TEXT NOT NULL REFERENCES calls (call_id),
    number    INTEGER NOT NULL,
    body      TEXT NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (call_id, number)
) STRICT, WITHOUT ROWID;

-- A journal only grows, by the next entry, until its call is closed.
CREATE TRIGGER entries_follow BEFORE INSERT ON entries
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM entries WHERE call_id = NEW.call_id)
BEGIN SELECT RAISE(ABORT, 'the entry does not follow the last one of its journal'); END;

CREATE TRIGGER entries_end BEFORE INSERT ON entries
WHEN (SELECT ended_at FROM calls WHERE call_id = NEW.call_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the journal is closed'); END;

-- Of an entry only its sealed body can go; its place in the chain stays.
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
WHEN NEW.sealed IS NOT NULL OR NEW.call_id <> OLD.call_id OR NEW.seq <> OLD.seq OR NEW.at <> OLD.at
    OR NEW.label <> OLD.label OR NEW.leaf <> OLD.leaf OR NEW.hash <> OLD.hash
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

CREATE TRIGGER entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

-- A call changes once: when it ends.
CREATE TRIGGER calls_end_once BEFORE UPDATE ON calls
WHEN OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
    OR NEW.call_id <> OLD.call_id OR NEW.opening <> OLD.opening OR NEW.started_at <> OLD.started_at
    OR NEW.program <> OLD.program OR NEW.channel <> OLD.channel OR NEW.opening_leaf <> OLD.opening_leaf
    OR NEW.provider_tag IS NOT OLD.provider_tag
BEGIN SELECT RAISE(ABORT, 'a call changes only once, when it ends'); END;

CREATE TRIGGER calls_remain BEFORE DELETE ON calls
BEGIN SELECT RAISE(ABORT, 'calls are append-only'); END;

-- A wrapped key is wrapped anew or destroyed, and goes to no other call.
CREATE TRIGGER keys_stay BEFORE UPDATE ON call_keys
WHEN NEW.call_id <> OLD.call_id OR NEW.label <> OLD.label
BEGIN SELECT RAISE(ABORT, 'a key belongs to its call'); END;

CREATE TRIGGER statements_stay BEFORE UPDATE ON statements
BEGIN SELECT RAISE(ABORT, 'statements are append-only'); END;

CREATE TRIGGER statements_remain BEFORE DELETE ON statements
BEGIN SELECT RAISE(ABORT, 'statements are append-only'); END;
