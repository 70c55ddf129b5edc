-- The readers' things as Assay of edition 0001-reader kept them, made up. Never to be changed.
BEGIN TRANSACTION;
CREATE TABLE deliveries (
	id INTEGER NOT NULL,
	reader INTEGER NOT NULL,
	channel VARCHAR NOT NULL,
	recipient VARCHAR NOT NULL,
	issue VARCHAR NOT NULL,
	languages VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	message_id VARCHAR NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (reader, channel, recipient, issue, languages),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "deliveries" VALUES(1,1,'mail','me@example.org','2099-12-02','en ko','sent','03f01a46e71543fa8af6bd3d52ef24f1','2026-11-29T16:28:32.686581+00:00');
CREATE TABLE follows (
	reader INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (reader, kind, "key"),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "follows" VALUES(1,'author','min ji kim','Min-ji Kim','2026-11-29T16:28:32.679993+00:00');
CREATE TABLE library (
	reader INTEGER NOT NULL,
	"key" VARCHAR NOT NULL,
	record TEXT NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (reader, "key"),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "library" VALUES(1,'x','{"key":"x","title":"A Book of Herons","authors":["Ada O''Example"],"year":2098}','2026-11-29T16:28:32.682936+00:00');
CREATE TABLE marks (
	reader INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	mark VARCHAR NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (reader, paper, mark),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "marks" VALUES(1,'9912.00001','starred','2099-12-02T06:00:00.000000+00:00');
INSERT INTO "marks" VALUES(1,'9911.00007','starred','2099-12-02T06:00:00.000000+00:00');
INSERT INTO "marks" VALUES(1,'9912.00002','read','2099-12-02T06:00:00.000000+00:00');
INSERT INTO "marks" VALUES(2,'9912.00002','starred','2099-12-02T06:00:00.000000+00:00');
CREATE TABLE migrations (
	name VARCHAR NOT NULL,
	applied_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "migrations" VALUES('0001-reader','2026-11-29T16:28:32.673887+00:00');
CREATE TABLE notes (
	reader INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	text TEXT NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (reader, paper, text),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "notes" VALUES(1,'9912.00001','Ask 민지 about the herons.','2026-11-29T16:28:32.678375+00:00');
CREATE TABLE phrases (
	reader INTEGER NOT NULL,
	"key" VARCHAR NOT NULL,
	text VARCHAR NOT NULL,
	weight FLOAT NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (reader, "key"),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "phrases" VALUES(1,'heron counts','heron counts',2.0,'2026-11-29T16:28:32.680706+00:00');
CREATE TABLE readers (
	id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO "readers" VALUES(1,'Søren');
INSERT INTO "readers" VALUES(2,'me');
CREATE TABLE seen (
	reader INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	day DATE NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (reader, paper, day),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "seen" VALUES(1,'9912.00001','2099-12-02','2099-12-02T06:00:00.000000+00:00');
INSERT INTO "seen" VALUES(1,'9912.00002','2099-12-02','2099-12-02T06:00:00.000000+00:00');
CREATE TABLE tags (
	reader INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	tag VARCHAR NOT NULL,
	at VARCHAR(32) NOT NULL,
	PRIMARY KEY (reader, paper, "key"),
	FOREIGN KEY(reader) REFERENCES readers (id)
);
INSERT INTO "tags" VALUES(1,'9912.00001','lakes','Lakes','2026-11-29T16:28:32.677495+00:00');
COMMIT;
