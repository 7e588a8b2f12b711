-- The signed log: tiles of its Merkle tree, the checkpoints that were signed, and what of them was published.

-- migrate:up

CREATE TABLE public.log_tiles (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL,

    PRIMARY KEY (level, number),
    CONSTRAINT level_is_one_of_six CHECK (level BETWEEN 0 AND 5),
    CONSTRAINT number_counts_from_zero CHECK (number >= 0),
    CONSTRAINT hashes_are_up_to_256 CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);
COMMENT ON TABLE public.log_tiles IS 'Hashes of the tree, 256 a tile (C2SP tlog-tiles); the last tile of a level grows at its end.';

CREATE TABLE public.checkpoints (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    note bytea NOT NULL,
    signed_at timestamptz NOT NULL,

    CONSTRAINT size_counts_from_zero CHECK (size >= 0),
    CONSTRAINT root_is_sha256 CHECK (octet_length(root) = 32)
);
COMMENT ON TABLE public.checkpoints IS 'Append-only: every checkpoint that was signed (C2SP tlog-checkpoint), one a size of the log.';

CREATE TABLE public.published_checkpoints (
    size bigint PRIMARY KEY REFERENCES public.checkpoints,
    note bytea NOT NULL,
    published_at timestamptz NOT NULL,
    timestamps bytea
);
COMMENT ON TABLE public.published_checkpoints IS 'Append-only: checkpoints that anybody may have seen, with the cosignatures of witnesses.';
COMMENT ON COLUMN public.published_checkpoints.timestamps IS 'The answer of a time-stamping authority (RFC 3161) for the note.';

CREATE TABLE public.log_keys (
    key text PRIMARY KEY,
    first_used_at timestamptz NOT NULL
);
COMMENT ON TABLE public.log_keys IS 'Append-only: the public keys that signed checkpoints, as C2SP signed-note writes them.';

CREATE FUNCTION public.refuse_to_change_a_signed_log() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on "%" is refused: what was signed or published is never changed or removed', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation';
END
$$;

-- A tile grows at its end, and nothing in it changes.
CREATE FUNCTION public.refuse_to_change_hashes() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op <> 'UPDATE' OR (OLD.level, OLD.number) IS DISTINCT FROM (NEW.level, NEW.number)
        OR substring(NEW.hashes FOR octet_length(OLD.hashes)) IS DISTINCT FROM OLD.hashes THEN
        RAISE EXCEPTION '% on "log_tiles" is refused: hashes are only added, at the end of a tile', tg_op
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER tiles_only_grow BEFORE UPDATE OR DELETE ON public.log_tiles
    FOR EACH ROW EXECUTE FUNCTION public.refuse_to_change_hashes();
CREATE TRIGGER tiles_are_not_truncated BEFORE TRUNCATE ON public.log_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_a_signed_log();
CREATE TRIGGER checkpoints_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_a_signed_log();
CREATE TRIGGER published_checkpoints_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.published_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_a_signed_log();
CREATE TRIGGER log_keys_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.log_keys
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_a_signed_log();
ALTER TABLE public.log_tiles ENABLE ALWAYS TRIGGER tiles_only_grow;
ALTER TABLE public.log_tiles ENABLE ALWAYS TRIGGER tiles_are_not_truncated;
ALTER TABLE public.checkpoints ENABLE ALWAYS TRIGGER checkpoints_are_append_only;
ALTER TABLE public.published_checkpoints ENABLE ALWAYS TRIGGER published_checkpoints_are_append_only;
ALTER TABLE public.log_keys ENABLE ALWAYS TRIGGER log_keys_are_append_only;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT SELECT, INSERT, UPDATE (hashes) ON public.log_tiles TO knownwhen_service;
        GRANT SELECT, INSERT ON public.checkpoints, public.published_checkpoints, public.log_keys TO knownwhen_service;
    END IF;
END
$$;

-- migrate:down

DROP TABLE public.log_keys;
DROP TABLE public.published_checkpoints;
DROP TABLE public.checkpoints;
DROP TABLE public.log_tiles;
DROP FUNCTION public.refuse_to_change_hashes();
DROP FUNCTION public.refuse_to_change_a_signed_log();
