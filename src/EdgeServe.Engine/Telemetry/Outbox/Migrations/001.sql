-- The index is the order of sending: most important class first, oldest first inside a class; what is summed up is in it, so
-- that payloads are not read for it. Times ending in _ms are the box's running time (DeviceClock).
CREATE TABLE batches (
  id       INTEGER PRIMARY KEY,
  class    INTEGER NOT NULL,
  epoch    INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  part     TEXT    NOT NULL,
  signal   INTEGER NOT NULL,
  items    INTEGER NOT NULL,
  bytes    INTEGER NOT NULL,
  boot     TEXT    NOT NULL,
  at_ms    INTEGER NOT NULL,
  wall     INTEGER NOT NULL,
  quality  INTEGER NOT NULL,
  sent     INTEGER NOT NULL,
  sum      INTEGER NOT NULL,
  payload  BLOB    NOT NULL
) STRICT;
CREATE INDEX batches_order ON batches (class, epoch, sequence, part, items, bytes);
CREATE INDEX batches_sent ON batches (class) WHERE sent = 1;

-- What was given up, by the tombstone batch that declares it; goes when that batch is acknowledged.
CREATE TABLE drops (
  at_epoch    INTEGER NOT NULL,
  at_sequence INTEGER NOT NULL,
  epoch       INTEGER NOT NULL,
  class       INTEGER NOT NULL,
  reason      INTEGER NOT NULL,
  ranges      TEXT    NOT NULL,
  items       INTEGER NOT NULL
) STRICT;

-- epoch, opened, sequence, store (the last commit's own number); for each class what was acknowledged and dropped.
CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE retries (
  key        TEXT PRIMARY KEY,
  attempts   INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  boot       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- When each boot began in running time, and the wall clock minus the running time: as it was seen last, or right once placed.
CREATE TABLE boots (
  boot     TEXT PRIMARY KEY,
  first_ms INTEGER NOT NULL,
  offset   INTEGER NOT NULL,
  placed   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
