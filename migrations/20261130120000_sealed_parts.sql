-- Sealed parts: the data keys of sources, and who read what.

-- migrate:up

CREATE SCHEMA IF NOT EXISTS access;

-- A key is destroyed with all that it opens: its row stays, so that the parts it sealed are known to be erased.
CREATE TABLE access.source_keys (
    key_id uuid PRIMARY KEY,
    origin text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    wrapped_by text,
    wrapped bytea,
    destroyed_at bigint,
    CONSTRAINT key_is_there_or_destroyed CHECK (
        (wrapped IS NULL) = (destroyed_at IS NOT NULL) AND (wrapped IS NULL) = (wrapped_by IS NULL)
    )
);
COMMENT ON TABLE access.source_keys IS 'Data keys, wrapped by a key-encryption key that is not in this database.';
COMMENT ON COLUMN access.source_keys.wrapped_by IS 'The id of the key-encryption key.';
COMMENT ON COLUMN access.source_keys.destroyed_at IS 'The position of the fact that says so.';
CREATE UNIQUE INDEX source_keys_origin_idx ON access.source_keys (origin) WHERE destroyed_at IS NULL;

CREATE TABLE access.sealed_reads (
    read_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    token text,
    name text NOT NULL,
    report_id uuid NOT NULL,
    positions bigint[] NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE access.sealed_reads IS 'Append-only: who was to read which sealed parts, and why; written before they are.';

CREATE FUNCTION access.refuse_to_change_a_read() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on "%" is refused: the record of who read what is never changed', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER sealed_reads_are_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON access.sealed_reads
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse_to_change_a_read();
ALTER TABLE access.sealed_reads ENABLE ALWAYS TRIGGER sealed_reads_are_append_only;

-- A sealed part begins with the version of its form, one byte, and the id of its key.
CREATE INDEX facts_sealed_key_idx ON public.facts (substring(sealed FROM 2 FOR 16)) WHERE sealed IS NOT NULL;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT USAGE ON SCHEMA access TO knownwhen_service;
        GRANT SELECT, INSERT ON access.source_keys, access.sealed_reads TO knownwhen_service;
    END IF;
END
$$;

-- migrate:down

-- What was sealed cannot be opened without its key, so a migration that is rolled back by mistake destroys none.
DO $$
BEGIN
    IF EXISTS (SELECT FROM access.source_keys) OR EXISTS (SELECT FROM access.sealed_reads) THEN
        RAISE EXCEPTION 'the database holds keys or reads of sealed parts, which are not dropped by a migration';
    END IF;
END
$$;
DROP INDEX public.facts_sealed_key_idx;
DROP TABLE access.sealed_reads;
DROP FUNCTION access.refuse_to_change_a_read();
DROP TABLE access.source_keys;
