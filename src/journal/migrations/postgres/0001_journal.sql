-- The journal of one space. Never edit a migration that was released: add another. It is run as the owner, with the space's
-- schema first on the search path and temporary tables last, which functions keep.

-- The end of every stream, and what stands beside it: the epoch of its lease, whether its `end` record is written, the
-- highest placeholder number given in it. `moved` is the transaction that appended last, so that a follower asks for what a
-- snapshot could not see yet; numbers handed out by a sequence would become visible in another order than their own.
CREATE TABLE heads (
    stream       text COLLATE "C" PRIMARY KEY,
    seq          bigint NOT NULL,
    hash         text NOT NULL,
    epoch        bigint NOT NULL DEFAULT 0,
    closed       boolean NOT NULL DEFAULT false,
    placeholders bigint NOT NULL DEFAULT 0,
    moved        bigint NOT NULL DEFAULT 0
);
CREATE INDEX heads_by_moved ON heads (moved);

-- `token` names the append that wrote the record: a writer that lost the answer to its commit looks for it.
CREATE TABLE records (
    stream text COLLATE "C" NOT NULL,
    seq    bigint NOT NULL,
    at     text NOT NULL,
    actor  text NOT NULL,
    trust  text NOT NULL,
    kind   text NOT NULL,
    body   text NOT NULL,
    prev   text NOT NULL,
    hash   text NOT NULL,
    token  text NOT NULL,
    PRIMARY KEY (stream, seq)
);
CREATE INDEX records_by_kind ON records (stream, kind, seq);

-- Content-addressed: id is the SHA-256 of the bytes, data the bytes under zstd, size their length before that.
CREATE TABLE blobs (
    id   text COLLATE "C" PRIMARY KEY,
    size bigint NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTERNAL;

-- Signed heads: Ed25519 over the canonical JSON of {stream, seq, hash}; key and signature in hexadecimal.
CREATE TABLE checkpoints (
    stream    text COLLATE "C" NOT NULL,
    seq       bigint NOT NULL,
    hash      text NOT NULL,
    key       text NOT NULL,
    signature text NOT NULL,
    PRIMARY KEY (stream, seq),
    FOREIGN KEY (stream, seq) REFERENCES records (stream, seq)
);

-- Public keys of those who sign.
CREATE TABLE signers (
    key   text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Who runs a stream; `slots`: of how many slots for investigations at once the lease takes one.
CREATE TABLE leases (
    stream  text COLLATE "C" PRIMARY KEY,
    owner   text NOT NULL,
    epoch   bigint NOT NULL,
    slots   integer,
    token   text NOT NULL,
    expires timestamptz NOT NULL
);

-- How far a named follower has come.
CREATE TABLE cursors (
    name   text COLLATE "C" NOT NULL,
    stream text COLLATE "C" NOT NULL,
    seq    bigint NOT NULL,
    PRIMARY KEY (name, stream)
);

-- What is set beside the records and may change: webhooks. `version` grows with every change of a row; a value that was taken
-- away is none. `token` names the change, for a writer that lost the answer to it.
CREATE TABLE settings (
    name    text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    value   text,
    token   text NOT NULL
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% are append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $body$;
CREATE TRIGGER records_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER blobs_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON blobs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER checkpoints_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER signers_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON signers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse();

CREATE FUNCTION follow_on() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    IF EXISTS (
        SELECT FROM added a
        WHERE NOT (a.seq = 1 AND a.prev = repeat('0', 64))
          AND NOT EXISTS (SELECT FROM records r WHERE r.stream = a.stream AND r.seq = a.seq - 1 AND r.hash = a.prev)
    ) THEN
        RAISE EXCEPTION 'records are append-only: a record follows the last one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER records_are_appended AFTER INSERT ON records REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION follow_on();

-- One append: all of it or nothing, in one round trip, so that no writer holds a lock while it thinks or is frozen. The
-- writer sealed its records on top of tails that it had read; when one of them is another by now it reads again (MW001).
-- Streams come in the order of their names, so that no two writers wait for one another.
CREATE FUNCTION append_records(
    p_token text, p_from text,
    h_stream text[], h_seq bigint[], h_epoch bigint[], h_to bigint[], h_hash text[], h_closed boolean[],
    r_stream text[], r_seq bigint[], r_at text[], r_actor text[], r_trust text[], r_kind text[], r_body text[],
    r_prev text[], r_hash text[],
    c_stream text[], c_seq bigint[], c_hash text[], c_key text[], c_signature text[]
) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    tail record;
BEGIN
    FOR i IN 1 .. cardinality(h_stream) LOOP
        IF h_seq[i] = 0 AND h_to[i] > 0 THEN
            INSERT INTO heads (stream, seq, hash) VALUES (h_stream[i], 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
        END IF;
        SELECT h.seq, h.epoch, h.closed INTO tail FROM heads h WHERE h.stream = h_stream[i] FOR UPDATE;
        IF coalesce(tail.seq, 0) <> h_seq[i] OR coalesce(tail.epoch, 0) <> h_epoch[i] OR coalesce(tail.closed, false) THEN
            RAISE EXCEPTION '% has moved on', h_stream[i] USING ERRCODE = 'MW001';
        END IF;
    END LOOP;
    INSERT INTO records (stream, seq, at, actor, trust, kind, body, prev, hash, token)
        SELECT r.*, p_token
        FROM unnest(r_stream, r_seq, r_at, r_actor, r_trust, r_kind, r_body, r_prev, r_hash) r;
    IF cardinality(c_stream) > 0 THEN
        INSERT INTO checkpoints (stream, seq, hash, key, signature)
            SELECT * FROM unnest(c_stream, c_seq, c_hash, c_key, c_signature);
    END IF;
    UPDATE heads h
        SET seq = t.seq, hash = t.hash, closed = t.closed, moved = pg_current_xact_id()::text::bigint
        FROM unnest(h_stream, h_to, h_hash, h_closed) t (stream, seq, hash, closed)
        WHERE h.stream = t.stream AND h.seq <> t.seq;
    PERFORM pg_notify(current_schema, p_from);
END $body$;

-- Takes a lease; returns its epoch, 0 when somebody holds it, -1 when all slots are taken. Leases are taken one after
-- another, so that of several who want the last slot one gets it. All times are this server's.
CREATE FUNCTION take_lease(p_stream text, p_owner text, p_token text, p_ttl bigint, p_slots integer)
RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    held leases%ROWTYPE;
    now_is timestamptz;
    next_epoch bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema || '.leases', 0));
    now_is := clock_timestamp();
    SELECT * INTO held FROM leases WHERE stream = p_stream AND expires > now_is;
    IF FOUND THEN
        RETURN CASE WHEN held.token = p_token THEN held.epoch ELSE 0 END;
    END IF;
    IF p_slots IS NOT NULL
        AND (SELECT count(*) FROM leases WHERE slots IS NOT NULL AND expires > now_is) >= p_slots
    THEN
        RETURN -1;
    END IF;
    INSERT INTO heads (stream, seq, hash) VALUES (p_stream, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
    UPDATE heads SET epoch = epoch + 1 WHERE stream = p_stream RETURNING epoch INTO next_epoch;
    now_is := clock_timestamp();
    INSERT INTO leases (stream, owner, epoch, slots, token, expires)
        VALUES (p_stream, p_owner, next_epoch, p_slots, p_token, now_is + p_ttl * interval '1 millisecond')
        ON CONFLICT (stream) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, slots = excluded.slots,
            token = excluded.token, expires = excluded.expires;
    RETURN next_epoch;
END $body$;

-- Prolongs a lease; false when it was lost. One that has expired but that nobody has taken since is prolonged all the same,
-- unless others have all the slots by now.
CREATE FUNCTION renew_lease(p_stream text, p_owner text, p_epoch bigint, p_ttl bigint)
RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    held leases%ROWTYPE;
    now_is timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema || '.leases', 0));
    now_is := clock_timestamp();
    SELECT * INTO held FROM leases WHERE stream = p_stream AND owner = p_owner AND epoch = p_epoch;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF held.expires <= now_is AND held.slots IS NOT NULL
        AND (SELECT count(*) FROM leases WHERE slots IS NOT NULL AND expires > now_is) >= held.slots
    THEN
        RETURN false;
    END IF;
    UPDATE leases SET expires = now_is + p_ttl * interval '1 millisecond' WHERE stream = p_stream;
    RETURN true;
END $body$;
