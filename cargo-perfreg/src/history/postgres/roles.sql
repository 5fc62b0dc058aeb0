-- Two roles for those who log in to be granted. Run by the owner of the tables, once they are made.

CREATE ROLE perfreg_reader;
GRANT USAGE ON SCHEMA perfreg TO perfreg_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA perfreg TO perfreg_reader;

-- May add, and neither change nor remove what others measured.
CREATE ROLE perfreg_writer;
GRANT perfreg_reader TO perfreg_writer;
GRANT INSERT ON perfreg.runs, perfreg.series, perfreg.points, perfreg.epochs TO perfreg_writer;
GRANT UPDATE (kept_state, kept) ON perfreg.series TO perfreg_writer;
GRANT USAGE ON SEQUENCE perfreg.run_ids TO perfreg_writer;
GRANT EXECUTE ON FUNCTION perfreg.make_month TO perfreg_writer;
