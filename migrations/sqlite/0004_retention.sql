-- Retention. Calls that were sealed before have two keys, and their proofs of consent under `general`; calls from now
-- on have a third, `consent`. A row of `call_keys` says which: nothing of a call is written anew.

-- What was destroyed and is not finished: files to be cleared, and a certificate to be signed. Written in the
-- transaction that destroys; a row goes in the one that keeps the certificate.
CREATE TABLE destructions (
    call_id TEXT NOT NULL REFERENCES calls (call_id),
    -- The first statement that says so.
    number  INTEGER NOT NULL,
    -- Whether the call's file has been cleared.
    tidy    INTEGER NOT NULL DEFAULT 0 CHECK (tidy IN (0, 1)),
    PRIMARY KEY (call_id, number)
) STRICT, WITHOUT ROWID;

-- Certificates of destruction, as they were signed.
CREATE TABLE certificates (
    certificate TEXT PRIMARY KEY NOT NULL,
    program     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    body        TEXT NOT NULL,
    signature   BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;

CREATE TRIGGER certificates_stay BEFORE UPDATE ON certificates
BEGIN SELECT RAISE(ABORT, 'certificates are append-only'); END;

CREATE TRIGGER certificates_remain BEFORE DELETE ON certificates
BEGIN SELECT RAISE(ABORT, 'certificates are append-only'); END;

-- The public keys of programs whose keys were destroyed: what they signed can still be checked.
CREATE TABLE former_programs (
    program     TEXT PRIMARY KEY NOT NULL,
    public_key  BLOB NOT NULL CHECK (length(public_key) = 32),
    certificate TEXT NOT NULL REFERENCES certificates (certificate)
) STRICT;
