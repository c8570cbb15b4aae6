-- The journals of all calls, and the tokens of the API. Times are Unix milliseconds, UTC.

CREATE TABLE calls (
    call_id          TEXT PRIMARY KEY NOT NULL,
    program          TEXT NOT NULL,
    channel          TEXT NOT NULL,
    provider         TEXT,
    provider_call_id TEXT,
    started_at       INTEGER NOT NULL,
    opened           TEXT NOT NULL,
    ended_at         INTEGER,
    outcome          TEXT,
    record           TEXT,
    CHECK ((ended_at IS NULL) = (record IS NULL) AND (ended_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX calls_by_start ON calls (started_at);
CREATE INDEX calls_by_provider ON calls (provider, provider_call_id) WHERE provider_call_id IS NOT NULL;
CREATE INDEX calls_unfinished ON calls (started_at) WHERE ended_at IS NULL;

CREATE TABLE entries (
    call_id TEXT NOT NULL REFERENCES calls (call_id),
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    event   TEXT NOT NULL,
    hash    TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
) STRICT, WITHOUT ROWID;

-- A journal only grows, by the next entry, until its call is closed.
CREATE TRIGGER entries_follow BEFORE INSERT ON entries
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM entries WHERE call_id = NEW.call_id)
BEGIN SELECT RAISE(ABORT, 'the entry does not follow the last one of its journal'); END;

CREATE TRIGGER entries_end BEFORE INSERT ON entries
WHEN (SELECT ended_at FROM calls WHERE call_id = NEW.call_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the journal is closed'); END;

CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

CREATE TRIGGER entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

-- A call changes once: when it ends.
CREATE TRIGGER calls_end_once BEFORE UPDATE ON calls
WHEN OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
    OR NEW.call_id <> OLD.call_id OR NEW.opened <> OLD.opened OR NEW.started_at <> OLD.started_at
    OR NEW.program <> OLD.program OR NEW.channel <> OLD.channel
    OR NEW.provider IS NOT OLD.provider OR NEW.provider_call_id IS NOT OLD.provider_call_id
BEGIN SELECT RAISE(ABORT, 'a call changes only once, when it ends'); END;

CREATE TRIGGER calls_remain BEFORE DELETE ON calls
BEGIN SELECT RAISE(ABORT, 'calls are append-only'); END;

-- Of a token only its SHA-256 is kept.
CREATE TABLE tokens (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    sha256     BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    scopes     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

-- One row, written when somebody asks whether the store can still write.
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
