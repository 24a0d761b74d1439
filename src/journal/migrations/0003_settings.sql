-- What is set beside the records and may change: webhooks. `version` grows with every change of a row.
CREATE TABLE settings (
    name    TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    value   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
