-- The database of one office.  Integers inside, ids at the edges.
-- application_id and user_version are set by store.c.

-- --- the log: the truth ------------------------------------------------------

-- Small settings: coalition (hex), invitation, ...
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- A log for each key ever seen.
CREATE TABLE log(
	n INTEGER PRIMARY KEY,
	key BLOB NOT NULL UNIQUE,
	heard INTEGER NOT NULL DEFAULT 0,     -- wall clock ms of the last
	                                      -- authentic news
	last INTEGER NOT NULL DEFAULT 0,      -- its newest change
	changes INTEGER NOT NULL DEFAULT 0    -- how many are held
);

-- Change lines, as bytes.  A local edit makes a batch of one line; catch-up
-- makes large ones; later small ones are merged.
CREATE TABLE batch(
	n INTEGER PRIMARY KEY,
	single INTEGER,                       -- the change, if it is a small
	                                      -- batch of one line
	raw INTEGER NOT NULL,                 -- bytes once decompressed
	packed INTEGER NOT NULL,              -- 1: zstd
	data BLOB NOT NULL
);
CREATE INDEX batch_single ON batch(single) WHERE single IS NOT NULL;

-- A change held.  Its line is bytes [start, start+len) of its batch, without
-- LF.  All flags: see store_flags.h.
CREATE TABLE change(
	n INTEGER PRIMARY KEY,                -- order of arrival
	id BLOB NOT NULL,                     -- each once; see change_id
	log INTEGER NOT NULL,
	batch INTEGER NOT NULL,
	start INTEGER NOT NULL,
	len INTEGER NOT NULL,
	prev INTEGER NOT NULL,                -- n of the only predecessor, in the
	                                      -- same log; 0: none; -1: see link
	flags INTEGER NOT NULL,
	t INTEGER NOT NULL
);

-- By the first 8 bytes of the id: a third of the size, and each slice of a
-- catch-up rewrites most of it.
CREATE INDEX change_id ON change(substr(id, 1, 8));
CREATE INDEX change_act ON change(n) WHERE flags & 8;
CREATE INDEX change_waiting ON change(n) WHERE NOT flags & 1;

-- Predecessors of changes with several, or with one that was not held in the
-- same log when the change came.
CREATE TABLE link(
	child INTEGER NOT NULL,
	parent BLOB NOT NULL,                 -- full id
	PRIMARY KEY(child, parent)
) WITHOUT ROWID;
CREATE INDEX link_parent ON link(parent);

-- Authentic heads of each log.
CREATE TABLE head(
	log INTEGER NOT NULL,
	change INTEGER NOT NULL,
	PRIMARY KEY(log, change)
) WITHOUT ROWID;

-- Parts of lines that are absent and asked for: portions of which only the
-- hash is here, signatures that were bad.  (What comes goes into the line.)
CREATE TABLE patch(
	change INTEGER NOT NULL,
	part INTEGER NOT NULL,                -- -1 signature, else portion number
	data BLOB,                            -- always NULL
	PRIMARY KEY(change, part)
) WITHOUT ROWID;

-- Changes whose own signature is there but not checked yet (sweep).
CREATE TABLE unchecked(change INTEGER PRIMARY KEY);

-- Heads of other logs that our own changes have named in "seen".
CREATE TABLE named(change INTEGER PRIMARY KEY);

-- What the change of another log names in "seen", and has not come here.
CREATE TABLE unseen(
	log INTEGER NOT NULL,
	change INTEGER NOT NULL,
	prefix BLOB NOT NULL,
	since INTEGER NOT NULL,               -- wall clock ms
	PRIMARY KEY(log, change, prefix)
) WITHOUT ROWID;

-- --- remotes -----------------------------------------------------------------

CREATE TABLE remote(
	n INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	url TEXT NOT NULL,
	proven INTEGER NOT NULL DEFAULT 0,
	tried INTEGER NOT NULL DEFAULT 0,
	failures INTEGER NOT NULL DEFAULT 0,
	error TEXT
);
CREATE TABLE remote_ref(
	remote INTEGER NOT NULL,
	ref TEXT NOT NULL,
	oid TEXT NOT NULL,
	PRIMARY KEY(remote, ref)
) WITHOUT ROWID;
CREATE TABLE remote_log(
	remote INTEGER NOT NULL,
	log INTEGER NOT NULL,
	upto INTEGER NOT NULL,
	PRIMARY KEY(remote, log)
) WITHOUT ROWID;
CREATE TABLE remote_has(
	remote INTEGER NOT NULL,
	change INTEGER NOT NULL,
	PRIMARY KEY(remote, change)
) WITHOUT ROWID;

-- --- derived: everything below can be rebuilt from the log -----------------------

-- Names of types and fields, and ids of organisations that made records, once.
CREATE TABLE name(n INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

-- A record that exists.
CREATE TABLE record(
	n INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	type INTEGER NOT NULL,                -- name.n
	org INTEGER NOT NULL,                 -- name.n of who made it
	change INTEGER NOT NULL,
	parent TEXT,                          -- "in" of the head
	hosts TEXT,                           -- JSON array, or NULL
	flags INTEGER NOT NULL                -- 1 deleted, 2 in conflict
);
CREATE INDEX record_type ON record(type, id);
CREATE INDEX record_conflict ON record(id) WHERE flags & 2;

-- Every write held to a field of a record that exists.  A superseded write
-- keeps its row, without its value (the log has it).
CREATE TABLE write(
	record INTEGER NOT NULL,
	field INTEGER NOT NULL,               -- name.n
	change INTEGER NOT NULL,
	flags INTEGER NOT NULL,               -- 1 counts, 2 live, 4 shown,
	                                      -- 8 missing, 16 erased
	over BLOB,                            -- prefixes, 16 bytes each, or NULL
	value TEXT,                           -- JSON
	PRIMARY KEY(record, field, change)
) WITHOUT ROWID;

-- Changes that wait for a record that does not exist yet: they write to it, or
-- make a record "in" it.
CREATE TABLE orphan(
	record TEXT NOT NULL,
	change INTEGER NOT NULL,
	PRIMARY KEY(record, change)
) WITHOUT ROWID;

CREATE TABLE version(
	id TEXT PRIMARY KEY,
	record TEXT NOT NULL,
	change INTEGER NOT NULL,
	op INTEGER NOT NULL,
	rule INTEGER NOT NULL,
	hash BLOB,                            -- NULL while the text is missing
	counts INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX version_record ON version(record);

CREATE TABLE signature(
	id TEXT PRIMARY KEY,
	record TEXT NOT NULL,                 -- by its message, '' if unreadable
	version TEXT NOT NULL,                -- by the head
	change INTEGER NOT NULL,
	op INTEGER NOT NULL,
	flags INTEGER NOT NULL,               -- 1 good, 2 counts, 4 in state,
	                                      -- 8 contested, 16 entitled
	org TEXT NOT NULL,                    -- that made it
	slot TEXT NOT NULL,                   -- version, capacity, spoken for, person
	message TEXT,                         -- NULL while missing
	sig TEXT
) WITHOUT ROWID;
CREATE INDEX signature_record ON signature(record);
CREATE INDEX signature_version ON signature(version);
CREATE INDEX signature_slot ON signature(slot);

-- Which signatures a good one names in "replaces".
CREATE TABLE replaces(
	signature TEXT NOT NULL,
	by TEXT NOT NULL,
	PRIMARY KEY(signature, by)
) WITHOUT ROWID;
CREATE INDEX replaces_by ON replaces(by);

-- Portions that some operation erases.  (Columns of the key come first:
-- SQLite 3.40 misjudges NOT NULL otherwise when it checks the pages.)
CREATE TABLE erased(
	change BLOB NOT NULL,                 -- full id, held or not
	portion INTEGER NOT NULL,
	by INTEGER NOT NULL,                  -- the change that erases
	counts INTEGER NOT NULL,              -- 1: by the author's organisation
	PRIMARY KEY(change, portion, by)
) WITHOUT ROWID;

-- Search: rowid is record.n, text is title, names and long texts together.
CREATE VIRTUAL TABLE search USING fts5(
	text, content='', tokenize='mufakat'
);
-- Records whose entry in search is out of date; "old" is what it holds now.
CREATE TABLE unindexed(record INTEGER PRIMARY KEY, old TEXT);
