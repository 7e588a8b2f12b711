-- Published estimates are found by their digest.

-- migrate:up

-- The digest stands in the state, which is canonical JSON bytes. Both functions are immutable, and neither fails on any
-- bytes: a state without a digest is indexed as null and refused by nobody here. Values are escaped in JSON, so the
-- name with its quotes can only be a name.
CREATE INDEX facts_publications_idx ON public.facts (
    substring(encode(state, 'escape') COLLATE "C" FROM '"digest":"([0-9a-f]{64})"'), notification_id
) WHERE topic = 'estimate_published.v1';

-- migrate:down

DROP INDEX public.facts_publications_idx;
