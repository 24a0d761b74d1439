-- The journal of one space. Never edit a migration that was released: add another.

-- The end of every stream, and what stands beside it: the epoch of its lease, whether its `end` record is written, the
-- highest placeholder number given in it. `mark` grows with every append, so that a follower asks for what has moved.
CREATE TABLE heads (
    stream       TEXT PRIMARY KEY NOT NULL,
    seq          INTEGER NOT NULL,
    hash         TEXT NOT NULL,
    epoch        INTEGER NOT NULL DEFAULT 0,
    closed       INTEGER NOT NULL DEFAULT 0,
    mark         INTEGER NOT NULL DEFAULT 0,
    placeholders INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX heads_by_mark ON heads (mark);

-- Without a rowid, so that a row has one key and "INSERT OR REPLACE" cannot replace it by another.
CREATE TABLE records (
    stream TEXT NOT NULL REFERENCES heads (stream),
    seq    INTEGER NOT NULL,
    at     TEXT NOT NULL,
    actor  TEXT NOT NULL,
    trust  TEXT NOT NULL,
    kind   TEXT NOT NULL,
    body   TEXT NOT NULL,
    prev   TEXT NOT NULL,
    hash   TEXT NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER records_are_not_updated BEFORE UPDATE ON records
BEGIN
    SELECT RAISE(ABORT, 'records are append-only: UPDATE is refused');
END;
CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records
BEGIN
    SELECT RAISE(ABORT, 'records are append-only: DELETE is refused');
END;
CREATE TRIGGER records_are_appended BEFORE INSERT ON records
WHEN NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM records WHERE stream = NEW.stream), 0)
BEGIN
    SELECT RAISE(ABORT, 'records are append-only: a record follows the last one');
END;

-- Content-addressed: id is the SHA-256 of the bytes, data the bytes under zstd, size their length before that.
CREATE TABLE blobs (
    id   TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE TRIGGER blobs_are_not_updated BEFORE UPDATE ON blobs
BEGIN
    SELECT RAISE(ABORT, 'blobs are content-addressed: UPDATE is refused');
END;
CREATE TRIGGER blobs_are_kept_once BEFORE INSERT ON blobs
WHEN EXISTS (SELECT 1 FROM blobs WHERE id = NEW.id)
BEGIN
    SELECT RAISE(IGNORE);
END;

-- Signed heads: Ed25519 over the canonical JSON of {stream, seq, hash}; key and signature in hexadecimal.
CREATE TABLE checkpoints (
    stream    TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    hash      TEXT NOT NULL,
    key       TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (stream, seq),
    FOREIGN KEY (stream, seq) REFERENCES records (stream, seq)
) STRICT, WITHOUT ROWID;

-- Who runs a stream; expires in milliseconds since 1970 by this database's clock.
CREATE TABLE leases (
    stream  TEXT PRIMARY KEY NOT NULL,
    owner   TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far a named follower has come.
CREATE TABLE cursors (
    name   TEXT NOT NULL,
    stream TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (name, stream)
) STRICT, WITHOUT ROWID;
