-- The books of programs: what happens to their calls outside of them, one chain a program. Times are Unix
-- milliseconds, UTC.

CREATE TABLE book (
    program TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    -- None where it is about no single call.
    call_id TEXT,
    leaf    BLOB NOT NULL CHECK (length(leaf) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    -- None where the key of its month was destroyed.
    sealed  BLOB,
    PRIMARY KEY (program, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX book_by_call ON book (program, call_id) WHERE call_id IS NOT NULL;

-- The data keys of books, one a month ('2026-11'), wrapped by the program's key. To delete a row is to destroy what
-- it seals.
CREATE TABLE book_keys (
    program TEXT NOT NULL,
    month   TEXT NOT NULL,
    wrapped TEXT NOT NULL,
    PRIMARY KEY (program, month)
) STRICT, WITHOUT ROWID;

-- What the program signed about its book: heads, and months whose key was destroyed.
CREATE TABLE book_statements (
    program   TEXT NOT NULL,
    number    INTEGER NOT NULL,
    body      TEXT NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (program, number)
) STRICT, WITHOUT ROWID;

-- A book only grows, by the next entry.
CREATE TRIGGER book_follows BEFORE INSERT ON book
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM book WHERE program = NEW.program)
BEGIN SELECT RAISE(ABORT, 'the entry does not follow the last one of its book'); END;

-- Of an entry only its sealed body can go; its place in the chain stays.
CREATE TRIGGER book_stays BEFORE UPDATE ON book
WHEN NEW.sealed IS NOT NULL OR NEW.program <> OLD.program OR NEW.seq <> OLD.seq OR NEW.at <> OLD.at
    OR NEW.call_id IS NOT OLD.call_id OR NEW.leaf <> OLD.leaf OR NEW.hash <> OLD.hash
BEGIN SELECT RAISE(ABORT, 'the book is append-only'); END;

CREATE TRIGGER book_remains BEFORE DELETE ON book
BEGIN SELECT RAISE(ABORT, 'the book is append-only'); END;

-- A wrapped key is wrapped anew or destroyed, and goes to no other book.
CREATE TRIGGER book_keys_stay BEFORE UPDATE ON book_keys
WHEN NEW.program <> OLD.program OR NEW.month <> OLD.month
BEGIN SELECT RAISE(ABORT, 'a key belongs to its book'); END;

CREATE TRIGGER book_statements_stay BEFORE UPDATE ON book_statements
BEGIN SELECT RAISE(ABORT, 'statements are append-only'); END;

CREATE TRIGGER book_statements_remain BEFORE DELETE ON book_statements
BEGIN SELECT RAISE(ABORT, 'statements are append-only'); END;

-- A token speaks for a role, in one program; of none where it sees every program. One that was made before there
-- were roles speaks for nobody, and is made anew.
ALTER TABLE tokens DROP COLUMN scopes;
ALTER TABLE tokens ADD COLUMN role TEXT NOT NULL DEFAULT 'none';
ALTER TABLE tokens ADD COLUMN program TEXT;
