-- Owners take turns; an owner's own jobs go by priority, then in the order they came.
DROP INDEX jobs_waiting;
CREATE INDEX jobs_waiting ON jobs (owner, priority, seq) WHERE state = 0;
