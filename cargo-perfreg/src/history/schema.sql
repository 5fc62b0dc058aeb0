-- The index of a history. Everything in it is made of documents and can be made again.
-- Plain types, no dialect: TEXT, INTEGER and DOUBLE PRECISION mean the same to every database.

CREATE TABLE documents (
    digest TEXT PRIMARY KEY
);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    package TEXT NOT NULL,
    target TEXT NOT NULL,
    test TEXT NOT NULL,
    started TEXT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    host TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    commit_hash TEXT,
    dirty INTEGER,              -- 0 or 1
    branch TEXT,
    subject TEXT,
    authored TEXT,
    verdict TEXT
);

CREATE INDEX runs_of_commit ON runs (commit_hash);

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
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
    kept_state TEXT,            -- what `kept` was made of
    kept TEXT,
    UNIQUE (project, package, target, test, case_name, metric, host, profile, toolchain)
);

CREATE TABLE points (
    series INTEGER NOT NULL REFERENCES series (id),
    time TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (id),
    value DOUBLE PRECISION NOT NULL,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    median DOUBLE PRECISION,
    q10 DOUBLE PRECISION,
    mean DOUBLE PRECISION,
    pace DOUBLE PRECISION,
    launches INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    PRIMARY KEY (series, time, run)
) /* clustered */;

CREATE INDEX points_of_run ON points (run);

-- Accepted changes. The document of one that was accepted as it ran is the run's.
CREATE TABLE epochs (
    document TEXT NOT NULL REFERENCES documents (digest),
    project TEXT NOT NULL,
    package TEXT NOT NULL,
    target TEXT NOT NULL,
    test TEXT NOT NULL,
    case_name TEXT NOT NULL,
    metric TEXT NOT NULL,
    host TEXT NOT NULL,
    profile TEXT NOT NULL,
    toolchain TEXT NOT NULL,
    since TEXT NOT NULL,
    epoch TEXT NOT NULL,         -- JSON: perfreg-epoch/1
    PRIMARY KEY (document, package, target, test, case_name, metric)
);
