-- Version 1 of the tables that a team shares. The columns are those of the index in a file
-- (../schema.sql); what differs is what many writers, many projects and many years ask for.
-- Whoever runs this owns the tables, and alone makes and drops what lies in them by month.

CREATE SCHEMA IF NOT EXISTS perfreg;

-- One row. Nothing from before the horizon comes back: retention has dropped it.
CREATE TABLE perfreg.about (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    version INTEGER NOT NULL,
    horizon TIMESTAMPTZ NOT NULL DEFAULT '2000-01-01 00:00:00+00'
);

CREATE SEQUENCE perfreg.run_ids;

-- Digests and commits are searched by their first digits, which takes the order of their bytes.
CREATE TABLE perfreg.runs (
    id BIGINT NOT NULL DEFAULT nextval('perfreg.run_ids'),
    project TEXT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    package TEXT NOT NULL,
    target TEXT NOT NULL,
    test TEXT NOT NULL,
    started TEXT COLLATE "C" NOT NULL,  -- the time in the words of the document
    seconds DOUBLE PRECISION NOT NULL,
    host TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    commit_hash TEXT COLLATE "C",
    dirty BOOLEAN,
    branch TEXT,
    subject TEXT,
    authored TEXT,
    verdict TEXT,
    body BYTEA NOT NULL,                -- the document, by gzip
    PRIMARY KEY (project, digest, time)
) PARTITION BY RANGE (time);
ALTER TABLE perfreg.runs ALTER body SET STORAGE EXTERNAL;
CREATE INDEX ON perfreg.runs (id);
CREATE INDEX ON perfreg.runs (project, commit_hash);
CREATE INDEX ON perfreg.runs (project, time);

-- The names of a series may be longer than an index can hold: the key is their digest.
CREATE TABLE perfreg.series (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key TEXT COLLATE "C" NOT NULL UNIQUE,
    project TEXT NOT NULL,
    package TEXT NOT NULL,
    target TEXT NOT NULL,
    test TEXT NOT NULL,
    case_name TEXT NOT NULL,
    metric TEXT NOT NULL,
    host TEXT NOT NULL,
    profile TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    unit TEXT NOT NULL,
    direction TEXT NOT NULL,
    kept_state TEXT,
    kept TEXT
);
CREATE INDEX ON perfreg.series (project);

-- No foreign keys: dropping a month of runs would search all points for them.
CREATE TABLE perfreg.points (
    series BIGINT NOT NULL,
    time TIMESTAMPTZ NOT NULL,
    run BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    median DOUBLE PRECISION,
    q10 DOUBLE PRECISION,
    mean DOUBLE PRECISION,
    pace DOUBLE PRECISION,
    launches BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    PRIMARY KEY (series, time, run)
) PARTITION BY RANGE (time);
CREATE INDEX ON perfreg.points (run);

-- Not by month: what was accepted is remembered longer than the runs.
CREATE TABLE perfreg.epochs (
    project TEXT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,      -- of the series
    since TEXT COLLATE "C" NOT NULL,
    epoch TEXT NOT NULL,                -- JSON: perfreg-epoch/1
    body BYTEA,                         -- the document, by gzip; none of a run that was accepted
    PRIMARY KEY (project, document, key)
);
CREATE INDEX ON perfreg.epochs (key);

CREATE VIEW perfreg.documents AS
    SELECT project, digest, body FROM perfreg.runs
    UNION ALL
    SELECT project, document, body FROM perfreg.epochs WHERE body IS NOT NULL;

-- For people, Grafana and other readers: every value with its names.
CREATE VIEW perfreg.measured AS
    SELECT s.project, s.package, s.target, s.test, s.case_name, s.metric, s.unit, s.direction,
        s.host, s.profile, s.toolchain, p.time, r.commit_hash, r.branch, p.value, p.low, p.high,
        p.launches, p.verdict
    FROM perfreg.points p
    JOIN perfreg.series s ON s.id = p.series
    JOIN perfreg.runs r ON r.id = p.run AND r.time = p.time;

-- Makes the tables of a month where they are missing. Writers own nothing; this they may call.
-- Attached and not created in place: that would lock everybody out for a moment.
CREATE FUNCTION perfreg.make_month(month DATE) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    start DATE := date_trunc('month', month::TIMESTAMP)::DATE;
    next DATE := (start + INTERVAL '1 month')::DATE;
    parent TEXT;
    part TEXT;
BEGIN
    IF start < DATE '2000-01-01' OR start >= DATE '2100-01-01' THEN
        RAISE EXCEPTION 'no month of a history: %', start;
    END IF;
    IF to_regclass(format('perfreg.points_%s', to_char(start, 'YYYY_MM'))) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1886545513);
    FOREACH parent IN ARRAY ARRAY['runs', 'points'] LOOP
        part := format('%s_%s', parent, to_char(start, 'YYYY_MM'));
        IF to_regclass(format('perfreg.%I', part)) IS NULL THEN
            EXECUTE format('CREATE TABLE perfreg.%I (LIKE perfreg.%I INCLUDING DEFAULTS
                INCLUDING STORAGE)', part, parent);
            EXECUTE format('ALTER TABLE perfreg.%I ATTACH PARTITION perfreg.%I
                FOR VALUES FROM (%L) TO (%L)', parent, part,
                start || ' 00:00:00+00', next || ' 00:00:00+00');
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION perfreg.make_month FROM PUBLIC;
