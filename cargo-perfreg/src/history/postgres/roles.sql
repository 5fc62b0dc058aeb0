-- Two roles for those who log in to be granted, in as many databases as one likes. Run by the owner of
-- the tables, once they are made; to make roles takes CREATEROLE.

DO $$
BEGIN
    IF to_regrole('perfreg_reader') IS NULL THEN
        CREATE ROLE perfreg_reader;
    END IF;
    IF to_regrole('perfreg_writer') IS NULL THEN
        CREATE ROLE perfreg_writer;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA perfreg TO perfreg_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA perfreg TO perfreg_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA perfreg GRANT SELECT ON TABLES TO perfreg_reader;

-- May add, to any project, and neither change nor remove what others measured.
GRANT perfreg_reader TO perfreg_writer;
GRANT INSERT ON perfreg.runs, perfreg.series, perfreg.points, perfreg.epochs TO perfreg_writer;
GRANT USAGE ON SEQUENCE perfreg.run_ids TO perfreg_writer;
GRANT EXECUTE ON FUNCTION perfreg.make_month TO perfreg_writer;
