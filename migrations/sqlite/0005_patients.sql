-- What follows a call. Nothing here says who a patient is: tags are keyed hashes, references are made of them.

-- By what a patient is found again: keyed hashes of verified identifiers.
CREATE TABLE patient_tags (
    program TEXT NOT NULL,
    tag     BLOB NOT NULL CHECK (length(tag) = 32),
    patient TEXT NOT NULL,
    PRIMARY KEY (program, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX patient_tags_by_patient ON patient_tags (program, patient);

-- The calls that have ended and were not followed up yet.
CREATE TABLE unfollowed (
    call_id TEXT PRIMARY KEY NOT NULL,
    program TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO unfollowed (call_id, program) SELECT call_id, program FROM calls WHERE ended_at IS NOT NULL;

CREATE TRIGGER calls_are_followed AFTER UPDATE ON calls
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN INSERT INTO unfollowed (call_id, program) VALUES (NEW.call_id, NEW.program) ON CONFLICT DO NOTHING; END;

-- The calls that were followed up after their end: whose they are, where that could be verified, and whether their
-- intake waits for somebody.
CREATE TABLE followed (
    call_id TEXT PRIMARY KEY NOT NULL,
    program TEXT NOT NULL,
    patient TEXT,
    at      INTEGER NOT NULL,
    waits   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX followed_by_patient ON followed (program, patient) WHERE patient IS NOT NULL;
CREATE INDEX followed_waiting ON followed (at) WHERE waits = 1;

-- Signing pages. Of a link and of the ticket of an open page only SHA-256 is kept.
CREATE TABLE signing (
    sha256       BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
    program      TEXT NOT NULL,
    call_id      TEXT NOT NULL,
    consent_id   TEXT NOT NULL,
    expires_at   INTEGER NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0,
    used_at      INTEGER,
    ticket       BLOB CHECK (length(ticket) = 32),
    ticket_until INTEGER
) STRICT, WITHOUT ROWID;

-- Which way of notifying was set since when: calls before are nobody's news.
CREATE TABLE notice_ways (
    way   TEXT PRIMARY KEY NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What became of telling somebody that a call's intake waits.
CREATE TABLE notices (
    call_id     TEXT NOT NULL,
    way         TEXT NOT NULL,
    tries       INTEGER NOT NULL,
    next_at     INTEGER NOT NULL,
    sent_at     INTEGER,
    given_up_at INTEGER,
    PRIMARY KEY (call_id, way)
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_due ON notices (next_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
