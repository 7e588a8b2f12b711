-- Tokens and browser sessions: who may ask the service, and for what. Secrets are kept as hashes only.

-- migrate:up

CREATE SCHEMA IF NOT EXISTS access;

CREATE TABLE access.tokens (
    id text PRIMARY KEY,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    -- After a rotation, the secret before it is taken until this moment.
    previous_hash bytea,
    previous_until timestamptz,
    scopes text[] NOT NULL,
    collections text[] NOT NULL,
    networks cidr[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    last_used_at timestamptz,

    CONSTRAINT id_is_base32 CHECK (id ~ '^[a-z2-7]{12}$'),
    CONSTRAINT name_is_short CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT hashes_are_sha256 CHECK (octet_length(secret_hash) = 32 AND octet_length(previous_hash) = 32),
    CONSTRAINT previous_hash_ends CHECK ((previous_hash IS NULL) = (previous_until IS NULL)),
    CONSTRAINT expiry_is_a_moment CHECK (isfinite(expires_at))
);
COMMENT ON TABLE access.tokens IS 'Tokens of the service; none is ever deleted, so that who recorded a fact keeps a name.';
COMMENT ON COLUMN access.tokens.secret_hash IS 'SHA-256 of the text of the token, which is shown once and not kept.';
COMMENT ON COLUMN access.tokens.collections IS 'Names of collections; {*} is all of them.';
COMMENT ON COLUMN access.tokens.networks IS 'Where it may be used from; empty is everywhere.';
COMMENT ON COLUMN access.tokens.created_by IS 'The principal that made it; null is the operator, by the command line.';
COMMENT ON COLUMN access.tokens.last_used_at IS 'To the hour.';

CREATE UNIQUE INDEX tokens_name_key ON access.tokens (name) WHERE revoked_at IS NULL;

CREATE TABLE access.sessions (
    hash bytea PRIMARY KEY,
    token_id text REFERENCES access.tokens,
    identity jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,

    CONSTRAINT hash_is_sha256 CHECK (octet_length(hash) = 32),
    CONSTRAINT session_is_of_a_token_or_of_an_identity CHECK ((token_id IS NULL) <> (identity IS NULL))
);
COMMENT ON TABLE access.sessions IS 'Sessions of browsers: the SHA-256 of the cookie, and the token, or the identity of an issuer, that it stands for.';
CREATE INDEX sessions_expires_at_idx ON access.sessions (expires_at);

-- The service's role writes tokens by these functions alone: it cannot give one more scopes, bring a revoked one back,
-- or set when it was made. They run with the rights of whoever migrated.
CREATE FUNCTION access.add_token(
    id text, name text, secret_hash bytea, scopes text[], collections text[], networks cidr[],
    expires_at timestamptz, created_by text
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO access.tokens (id, name, secret_hash, scopes, collections, networks, expires_at, created_by)
    VALUES (id, name, secret_hash, scopes, collections, networks, expires_at, created_by)
    ON CONFLICT ON CONSTRAINT tokens_pkey DO NOTHING
$$;

CREATE FUNCTION access.revoke_token(token text, revoker text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE access.tokens SET revoked_at = now(), revoked_by = revoker, previous_hash = NULL, previous_until = NULL
    WHERE id = token AND revoked_at IS NULL
$$;

CREATE FUNCTION access.rotate_token(
    token text, new_hash bytea, old_until timestamptz, new_expires_at timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE access.tokens
    SET secret_hash = new_hash, expires_at = new_expires_at, previous_until = old_until,
        previous_hash = CASE WHEN old_until IS NULL THEN NULL ELSE secret_hash END
    WHERE id = token AND revoked_at IS NULL AND secret_hash <> new_hash
$$;

REVOKE ALL ON FUNCTION access.add_token(text, text, bytea, text[], text[], cidr[], timestamptz, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION access.revoke_token(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION access.rotate_token(text, bytea, timestamptz, timestamptz) FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT USAGE ON SCHEMA access TO knownwhen_service;
        GRANT SELECT, UPDATE (last_used_at) ON access.tokens TO knownwhen_service;
        GRANT SELECT, INSERT, DELETE ON access.sessions TO knownwhen_service;
        GRANT EXECUTE ON FUNCTION
            access.add_token(text, text, bytea, text[], text[], cidr[], timestamptz, text),
            access.revoke_token(text, text),
            access.rotate_token(text, bytea, timestamptz, timestamptz)
            TO knownwhen_service;
    END IF;
END
$$;

-- migrate:down

DROP FUNCTION access.rotate_token(text, bytea, timestamptz, timestamptz);
DROP FUNCTION access.revoke_token(text, text);
DROP FUNCTION access.add_token(text, text, bytea, text[], text[], cidr[], timestamptz, text);
DROP TABLE access.sessions;
DROP TABLE access.tokens;
DROP SCHEMA access;
