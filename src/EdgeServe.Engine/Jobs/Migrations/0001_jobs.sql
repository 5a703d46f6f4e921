-- Times ending in _ms are the box's own running time (DeviceClock); those ending in _at are the wall clock's, for people.
CREATE TABLE jobs (
  seq              INTEGER PRIMARY KEY,
  id               BLOB    NOT NULL,
  owner            TEXT    NOT NULL,
  state            INTEGER NOT NULL,
  event            INTEGER NOT NULL,
  priority         INTEGER NOT NULL,
  model            TEXT    NOT NULL,
  version          INTEGER NOT NULL,
  accepted_version INTEGER NOT NULL,
  attempts         INTEGER NOT NULL,
  deaths           INTEGER NOT NULL,
  due_ms           INTEGER NOT NULL,
  not_after_ms     INTEGER NOT NULL,
  changed_ms       INTEGER NOT NULL,
  accepted_at      INTEGER NOT NULL,
  started_at       INTEGER NOT NULL,
  finished_at      INTEGER NOT NULL,
  clocks           INTEGER NOT NULL,
  request_bytes    INTEGER NOT NULL,
  result_bytes     INTEGER NOT NULL,
  places           INTEGER NOT NULL,
  acknowledged     INTEGER NOT NULL,
  run_version      INTEGER NOT NULL,
  digest           TEXT    NOT NULL,
  error            TEXT    NOT NULL,
  sum              INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX jobs_id ON jobs (id);
CREATE INDEX jobs_waiting ON jobs (priority, seq) WHERE state = 0;

-- Small payloads: number = seq * 2 + (0 request, 1 result). Large ones are files.
CREATE TABLE payloads (
  number   INTEGER PRIMARY KEY,
  envelope BLOB NOT NULL
) STRICT;

-- An Idempotency-Key outlives its job: a late retry must never run twice.
CREATE TABLE keys (
  number INTEGER PRIMARY KEY,
  owner  TEXT NOT NULL,
  key    TEXT NOT NULL,
  body   BLOB NOT NULL,
  id     BLOB NOT NULL,
  sum    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX keys_key ON keys (owner, key);

-- What damage took: told to whoever asks for it by name.
CREATE TABLE lost (
  id     BLOB PRIMARY KEY,
  reason TEXT NOT NULL
) STRICT;

-- Numbers that must not go back: event ids are reserved in blocks.
CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
INSERT INTO counters VALUES ('events', 0);
