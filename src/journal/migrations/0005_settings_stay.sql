-- A value that was taken away leaves its row, without a value: its version goes on from there when it is set again, so that whoever
-- saw the old one is never taken for one who saw the new.
CREATE TABLE settings_that_stay (
    name    TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    value   TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO settings_that_stay SELECT name, version, value FROM settings;
DROP TABLE settings;
ALTER TABLE settings_that_stay RENAME TO settings;
