-- The log: every fact ever recorded, in the order it was recorded, and the identity of the log itself.

-- migrate:up

CREATE TABLE public.log (
    log_id uuid NOT NULL DEFAULT gen_random_uuid(),
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
COMMENT ON TABLE public.log IS 'The identity of this log: one row, part of the coordinates of every answer.';

INSERT INTO public.log DEFAULT VALUES;

-- The names notification_id, originator_id, originator_version, topic and state are those of the library
-- `eventsourcing`, so that its own selects work on this table.
CREATE TABLE public.facts (
    notification_id bigint PRIMARY KEY,
    originator_version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    originator_id uuid NOT NULL,
    fact_id uuid NOT NULL,
    topic text NOT NULL,
    recorded_by text,
    request_hash bytea,
    state_salt bytea NOT NULL,
    state_commitment bytea NOT NULL,
    text_salt bytea,
    text_commitment bytea,
    sealed_salt bytea,
    sealed_commitment bytea,
    state bytea NOT NULL,
    text bytea,
    sealed bytea,

    CONSTRAINT facts_fact_id_key UNIQUE (fact_id),
    CONSTRAINT facts_stream_version_key UNIQUE (originator_id, originator_version),
    CONSTRAINT positions_count_from_one CHECK (notification_id >= 1),
    CONSTRAINT versions_count_from_one CHECK (originator_version >= 1),
    CONSTRAINT recorded_at_is_a_moment CHECK (isfinite(recorded_at)),
    -- A topic is a name of ours, such as toll_revised.v1, and never a path into some program ("module:Class").
    CONSTRAINT topic_is_a_name CHECK (topic ~ '^[a-z0-9][a-z0-9_.-]{0,99}$'),
    CONSTRAINT recorded_by_is_short CHECK (octet_length(recorded_by) <= 200),
    CONSTRAINT request_hash_is_sha256 CHECK (octet_length(request_hash) = 32),
    CONSTRAINT state_is_committed_to CHECK (octet_length(state_salt) = 32 AND octet_length(state_commitment) = 32),
    -- A part is there with salt and commitment, or was never there, or was erased: then its commitment stays.
    CONSTRAINT text_is_whole_absent_or_erased CHECK (
        (text IS NULL) = (text_salt IS NULL)
        AND (text IS NULL OR text_commitment IS NOT NULL)
        AND octet_length(text_salt) = 32
        AND octet_length(text_commitment) = 32
    ),
    CONSTRAINT sealed_is_whole_absent_or_erased CHECK (
        (sealed IS NULL) = (sealed_salt IS NULL)
        AND (sealed IS NULL OR sealed_commitment IS NOT NULL)
        AND octet_length(sealed_salt) = 32
        AND octet_length(sealed_commitment) = 32
    )
);
COMMENT ON TABLE public.facts IS 'Append-only: one row a fact, numbered 1, 2, 3 … without a gap.';
COMMENT ON COLUMN public.facts.notification_id IS 'Position: the place of the fact in the log; its Merkle leaf is position - 1.';
COMMENT ON COLUMN public.facts.originator_id IS 'Stream: UUIDv5 of incident:<slug>, source:<slug> or policy.';
COMMENT ON COLUMN public.facts.originator_version IS 'Place of the fact in its stream: 1, 2, 3 … without a gap.';
COMMENT ON COLUMN public.facts.recorded_at IS 'One stamp per transaction; from transaction to transaction it strictly increases.';

-- Which position was the last at a moment? Answered by one probe of this index.
CREATE INDEX facts_recorded_at_idx ON public.facts (recorded_at, notification_id);

-- The list of incidents, read in the order in which they were opened.
CREATE INDEX facts_incidents_idx ON public.facts (notification_id) WHERE topic = 'incident_opened.v1';

CREATE FUNCTION public.refuse_to_change_a_fact() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on "%" is refused: a recorded fact is never changed or removed', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record another fact instead: a correction, a retraction or a newer report.';
END
$$;

-- For each statement, so that one that meets no row is refused as well; ALWAYS, so that
-- session_replication_role = replica does not silence it.
CREATE TRIGGER facts_are_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON public.facts
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_a_fact();
ALTER TABLE public.facts ENABLE ALWAYS TRIGGER facts_are_append_only;

-- migrate:down

-- A log that holds facts is not dropped by a migration that is rolled back by mistake.
DO $$
BEGIN
    IF EXISTS (SELECT FROM public.facts) THEN
        RAISE EXCEPTION 'the log holds facts and is not dropped by a migration'
            USING HINT = 'Back it up, then drop the database yourself if that is what you mean.';
    END IF;
END
$$;
DROP TABLE public.facts;
DROP FUNCTION public.refuse_to_change_a_fact();
DROP TABLE public.log;
