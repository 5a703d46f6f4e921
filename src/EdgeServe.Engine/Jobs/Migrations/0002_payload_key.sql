-- Which key seals the job's payloads (Keys/KeyRef); 0: they are not sealed, or there are none.
ALTER TABLE jobs ADD COLUMN payload_key INTEGER NOT NULL DEFAULT 0;
