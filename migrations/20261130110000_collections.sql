-- The collection that each incident is in now is read from the log.

-- migrate:up

CREATE SCHEMA IF NOT EXISTS access;

-- Both functions are immutable, and neither fails on any bytes. Values are escaped in JSON, so the name with its quotes
-- can only be a name.
CREATE INDEX facts_collections_idx ON public.facts (originator_id, notification_id DESC)
WHERE topic = 'collection_changed.v1'
    OR (topic = 'incident_opened.v1' AND strpos(encode(state, 'escape') COLLATE "C", '"collection":"') > 0);

-- The condition is that of the index, to the letter.
CREATE VIEW access.collections AS
SELECT DISTINCT ON (originator_id)
    originator_id AS incident,
    convert_from(state, 'UTF8')::json ->> 'collection' AS collection,
    notification_id AS since
FROM public.facts
WHERE topic = 'collection_changed.v1'
    OR (topic = 'incident_opened.v1' AND strpos(encode(state, 'escape') COLLATE "C", '"collection":"') > 0)
ORDER BY originator_id, notification_id DESC;
COMMENT ON VIEW access.collections IS 'One row an incident that was ever put into a collection by name; all others are in "public".';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'knownwhen_service') THEN
        GRANT USAGE ON SCHEMA access TO knownwhen_service;
        GRANT SELECT ON access.collections TO knownwhen_service;
    END IF;
END
$$;

-- migrate:down

-- The schema stays: other migrations use it.
DROP VIEW access.collections;
DROP INDEX public.facts_collections_idx;
