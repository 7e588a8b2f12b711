-- Read models can be rebuilt from the log, so they are no migrations: the service makes their schemas by itself.

-- migrate:up

-- The service's role makes no schema but these: one with the registry, and one for each generation of a read model.
-- Runs with the rights of whoever migrated, and gives the schema to whoever asks.
CREATE FUNCTION public.make_projection_schema(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner text := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END;
BEGIN
    IF name !~ '^(projections|projection_[a-z_]{1,40}_[0-9]{1,9})$' THEN
        RAISE EXCEPTION '"%" is not the name of a schema for read models', name USING ERRCODE = 'invalid_schema_name';
    END IF;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', name, owner);
END
$$;
REVOKE ALL ON FUNCTION public.make_projection_schema(text) FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT EXECUTE ON FUNCTION public.make_projection_schema(text) TO knownwhen_service;
    END IF;
END
$$;

-- migrate:down

DROP FUNCTION public.make_projection_schema(text);
