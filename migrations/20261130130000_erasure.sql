-- Erasure: text and sealed parts may be set to null, with their salts, by one role and beside the fact that says so.

-- migrate:up

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_eraser') THEN
        CREATE ROLE knownwhen_eraser NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'the role knownwhen_eraser was not made: % may not make roles', current_user;
END
$$;

-- Whoever migrates gives it the functions below, which takes a member.
DO $$
BEGIN
    GRANT knownwhen_eraser TO CURRENT_USER;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN
        RAISE NOTICE '% was not made a member of knownwhen_eraser', current_user;
    -- internal_error is "tuple concurrently updated": another database is granting the same membership.
    WHEN unique_violation OR internal_error THEN
        NULL;
END
$$;

-- The last erasures, and those of a stream.
CREATE INDEX facts_erasures_idx ON public.facts (notification_id)
    WHERE topic IN ('parts_erased.v1', 'source_parts_erased.v1');
CREATE INDEX facts_erasures_of_stream_idx ON public.facts (originator_id, notification_id)
    WHERE topic IN ('parts_erased.v1', 'source_parts_erased.v1');

-- Whether this transaction, and no other, appended a fact that says what is erased.
CREATE FUNCTION access.is_erasing() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM (
            SELECT xmin FROM public.facts WHERE topic IN ('parts_erased.v1', 'source_parts_erased.v1')
            ORDER BY notification_id DESC LIMIT 1
        ) AS last
        WHERE last.xmin = pg_current_xact_id()::xid
    )
$$;

CREATE OR REPLACE FUNCTION public.refuse_to_change_a_fact() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'UPDATE' AND current_user = 'knownwhen_eraser' THEN
        IF access.is_erasing() THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION '% on "%" is refused: a recorded fact is never changed or removed', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record another fact instead: a correction, a retraction or a newer report.';
END
$$;

-- What the eraser may do to a row: each of text and sealed part stays as it is, or goes with its salt. With the text may
-- go the hash of the request that sent it, by which a guess of the words could be confirmed.
CREATE FUNCTION public.refuse_all_but_erasure() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    allowed public.facts := OLD;
BEGIN
    IF NEW.text IS NULL AND NEW.text_salt IS NULL THEN
        allowed.text := NULL;
        allowed.text_salt := NULL;
        IF OLD.text IS NOT NULL AND NEW.request_hash IS NULL THEN
            allowed.request_hash := NULL;
        END IF;
    END IF;
    IF NEW.sealed IS NULL AND NEW.sealed_salt IS NULL THEN
        allowed.sealed := NULL;
        allowed.sealed_salt := NULL;
    END IF;
    IF NEW IS DISTINCT FROM allowed THEN
        RAISE EXCEPTION 'UPDATE on "%" is refused: of a recorded fact only text and sealed part may be erased',
            tg_table_name USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER facts_are_erased_in_part
    BEFORE UPDATE ON public.facts
    FOR EACH ROW EXECUTE FUNCTION public.refuse_all_but_erasure();
ALTER TABLE public.facts ENABLE ALWAYS TRIGGER facts_are_erased_in_part;

-- Both functions run as the eraser. Where that role could not be made there are none, and erasure is refused.
CREATE FUNCTION access.erase_parts(of_text bigint[], of_sealed bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE public.facts SET text = NULL, text_salt = NULL, request_hash = NULL
    WHERE notification_id = ANY(of_text) AND text IS NOT NULL;
    UPDATE public.facts SET sealed = NULL, sealed_salt = NULL
    WHERE notification_id = ANY(of_sealed) AND sealed IS NOT NULL;
$$;
CREATE FUNCTION access.destroy_source_key(of_origin text, erased_at bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    destroyed uuid;
BEGIN
    IF NOT access.is_erasing() THEN
        RAISE EXCEPTION 'a key is destroyed only beside the fact that says so' USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE access.source_keys SET wrapped = NULL, wrapped_by = NULL, destroyed_at = erased_at
    WHERE origin = of_origin AND destroyed_at IS NULL
    RETURNING key_id INTO destroyed;
    UPDATE public.facts SET sealed = NULL, sealed_salt = NULL
    WHERE sealed IS NOT NULL AND substring(sealed FROM 2 FOR 16) = uuid_send(destroyed);
END
$$;
REVOKE ALL ON FUNCTION access.erase_parts(bigint[], bigint[]), access.destroy_source_key(text, bigint) FROM PUBLIC;

DO $$
BEGIN
    GRANT USAGE ON SCHEMA public TO knownwhen_eraser;
    GRANT USAGE, CREATE ON SCHEMA access TO knownwhen_eraser;
    GRANT SELECT, UPDATE (text, text_salt, sealed, sealed_salt, request_hash) ON public.facts TO knownwhen_eraser;
    GRANT SELECT, UPDATE (wrapped, wrapped_by, destroyed_at) ON access.source_keys TO knownwhen_eraser;
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT EXECUTE ON FUNCTION access.erase_parts(bigint[], bigint[]), access.destroy_source_key(text, bigint)
            TO knownwhen_service;
    END IF;
    ALTER FUNCTION access.erase_parts(bigint[], bigint[]) OWNER TO knownwhen_eraser;
    ALTER FUNCTION access.destroy_source_key(text, bigint) OWNER TO knownwhen_eraser;
    REVOKE CREATE ON SCHEMA access FROM knownwhen_eraser;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN
        DROP FUNCTION access.erase_parts(bigint[], bigint[]);
        DROP FUNCTION access.destroy_source_key(text, bigint);
        RAISE NOTICE 'nothing can be erased: % may not let the role knownwhen_eraser do so', current_user;
END
$$;

-- migrate:down

DO $$
BEGIN
    IF EXISTS (SELECT FROM public.facts WHERE topic IN ('parts_erased.v1', 'source_parts_erased.v1')) THEN
        RAISE EXCEPTION 'the log has holes that this migration explains';
    END IF;
END
$$;
DROP FUNCTION IF EXISTS access.erase_parts(bigint[], bigint[]), access.destroy_source_key(text, bigint);
DROP TRIGGER facts_are_erased_in_part ON public.facts;
DROP FUNCTION public.refuse_all_but_erasure();
CREATE OR REPLACE FUNCTION public.refuse_to_change_a_fact() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on "%" is refused: a recorded fact is never changed or removed', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record another fact instead: a correction, a retraction or a newer report.';
END
$$;
DROP FUNCTION access.is_erasing();
DROP INDEX public.facts_erasures_idx;
DROP INDEX public.facts_erasures_of_stream_idx;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_eraser') THEN
        REVOKE ALL ON public.facts, access.source_keys FROM knownwhen_eraser;
        REVOKE USAGE ON SCHEMA public, access FROM knownwhen_eraser;
    END IF;
END
$$;
