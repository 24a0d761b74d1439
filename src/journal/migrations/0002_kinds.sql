-- A screen reads what matters of a large investigation first: its records by kind, without walking over all the others.
CREATE INDEX records_by_kind ON records (stream, kind, seq);
