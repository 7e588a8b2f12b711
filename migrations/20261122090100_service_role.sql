-- The role of the service: it may read the log and append to it, and nothing else.

-- migrate:up

-- Roles belong to the whole cluster, so another database of it may have made this one already or be making it
-- right now; and a managed server may forbid making roles. Neither hinders the log, whose triggers bind everyone.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        CREATE ROLE knownwhen_service NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'the role knownwhen_service was not made: % may not make roles', current_user;
END
$$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT USAGE ON SCHEMA public TO knownwhen_service;
        GRANT SELECT, INSERT ON public.facts TO knownwhen_service;
        GRANT SELECT ON public.log TO knownwhen_service;
    END IF;
END
$$;

-- Whoever migrated may then act as the service: SET ROLE knownwhen_service.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT knownwhen_service TO CURRENT_USER;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE '% was not made a member of knownwhen_service', current_user;
    -- internal_error is "tuple concurrently updated": another database is granting the same membership.
    WHEN unique_violation OR internal_error THEN
        NULL;
END
$$;

-- migrate:down

-- The role stays, because other databases of the cluster may use it; here it loses all it was given.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        REVOKE ALL ON public.facts, public.log FROM knownwhen_service;
        REVOKE USAGE ON SCHEMA public FROM knownwhen_service;
    END IF;
END
$$;
