-- An archive as Assay of edition 0007-refreshes made it, of made-up papers. Never to be changed.
BEGIN TRANSACTION;
CREATE TABLE attempts (
	id INTEGER NOT NULL,
	source VARCHAR NOT NULL,
	day DATE NOT NULL,
	at VARCHAR(32),
	outcome VARCHAR NOT NULL,
	record TEXT NOT NULL,
	fingerprint VARCHAR(64) NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (fingerprint)
);
INSERT INTO "attempts" VALUES(1,'huggingface','2099-12-02','2099-12-02T06:00:01.000000+00:00','ok','{"source":"huggingface","day":"2099-12-02","at":"2099-12-02T06:00:01Z","outcome":"ok","message":"","papers":3,"unknown_fields":{},"vanished_fields":{}}','930c2d244ee45449417ce0b559b9da7f192ed6e2232d40bba76e83c5d8f4b34f');
CREATE TABLE claims (
	paper VARCHAR NOT NULL,
	origin VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	unit VARCHAR NOT NULL,
	low FLOAT NOT NULL,
	high FLOAT NOT NULL,
	metric TEXT NOT NULL,
	dataset TEXT NOT NULL,
	baseline TEXT NOT NULL,
	record TEXT NOT NULL,
	PRIMARY KEY (paper, origin, "key"),
	FOREIGN KEY(paper) REFERENCES papers (id)
);
INSERT INTO "claims" VALUES('9912.00001','digest','speed',0,'times','x',2.5,2.5,' speed ','','','{"key":"speed","value":2.5,"unit":"x","kind":"times","metric":"speed","source":"abstract","quote":"2.5x faster"}');
INSERT INTO "claims" VALUES('9912.00002','extracted','accuracy',0,'points','points',13.3,13.3,' accuracy ','','','{"key":"accuracy","value":13.3,"unit":"points","kind":"points","metric":"accuracy","source":"abstract","quote":"rises from 61.2 to 74.5 points"}');
CREATE TABLE extractions (
	paper VARCHAR NOT NULL,
	edition INTEGER NOT NULL,
	text_hash VARCHAR(64) NOT NULL,
	fulltext INTEGER NOT NULL,
	PRIMARY KEY (paper),
	FOREIGN KEY(paper) REFERENCES papers (id)
);
INSERT INTO "extractions" VALUES('9912.00002',1,'4148f3689490245adbfe3acac0fcabf2047863df244241b2369c4b71c69c13c5',0);
CREATE TABLE fetches (
	id INTEGER NOT NULL,
	snapshot INTEGER NOT NULL,
	at VARCHAR(32) NOT NULL,
	attempt INTEGER,
	PRIMARY KEY (id),
	UNIQUE (snapshot, at),
	FOREIGN KEY(snapshot) REFERENCES snapshots (id),
	FOREIGN KEY(attempt) REFERENCES attempts (id)
);
INSERT INTO "fetches" VALUES(1,1,'2099-12-02T06:00:00.000000+00:00',1);
CREATE TABLE fulltexts (
	id INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	version INTEGER NOT NULL,
	form VARCHAR NOT NULL,
	record TEXT NOT NULL,
	fetched_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (paper, version, form),
	FOREIGN KEY(paper) REFERENCES papers (id)
);
INSERT INTO "fulltexts" VALUES(2,'9912.00002',1,'html','{"title": "Counting Herons", "made": "html"}','2099-12-02T06:00:00.000000+00:00');
CREATE TABLE measurements (
	trial VARCHAR NOT NULL,
	machine VARCHAR NOT NULL,
	model VARCHAR NOT NULL,
	device VARCHAR NOT NULL,
	size VARCHAR NOT NULL,
	paper VARCHAR NOT NULL,
	taken_at VARCHAR(32) NOT NULL,
	record TEXT NOT NULL,
	PRIMARY KEY (trial, machine, model, device, size)
);
INSERT INTO "measurements" VALUES('assay.trials.attention.toy_attention:speed','toy-cpu-2','','cpu','cpu','9912.00001','2099-12-02T06:00:00.000000+00:00','{"paper":"9912.00001","name":"toy_attention","claim":"speed","trial":"assay.trials.attention.toy_attention:speed","what":"Dense attention against Toy Attention.","claimed":{"key":"speed","value":2.5,"unit":"x","kind":"times","metric":"speed","better":"higher","bound":"","direction":"","along":"","between":null,"baseline_value":null,"subject":"","dataset":"","baseline":"","setting":"","source":"abstract","quote":"2.5x faster","place":null,"conflicts":[],"not_testable":""},"comparison":{"metric":"time of a call","unit":"s","better":"lower","candidate":0.1,"baseline":{"name":"dense","value":0.4},"others":[],"interval":null,"ratio":4.0,"ratio_interval":[3.8,4.3],"difference_interval":null,"at_least":null,"at_most":null,"is_slope":false,"binds":"method"},"beside":[],"curves":[],"missing":"","evidence":"simulated","model":"","pretrained":null,"own_setting":"","differs":["8K tokens"],"machine":{"name":"toy-cpu-2","system":"Linux","processor":"toy","cores":2,"memory":17179869184,"accelerators":[]},"device":"cpu","threads":2,"seed":0,"repeats":9,"quick":false,"long":false,"versions":{"torch":"2.13.0"},"source_hash":"0000000000000000000000000000000000000000000000000000000000000000","taken_at":"2099-12-02T06:00:00Z","seconds":null,"quick_run":null,"verdict":"seen","verdict_between":[],"verdict_reason":""}');
CREATE TABLE migrations (
	name VARCHAR NOT NULL,
	applied_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "migrations" VALUES('0001-tables','2026-11-29T16:28:13.135660+00:00');
INSERT INTO "migrations" VALUES('0002-search','2026-11-29T16:28:13.137112+00:00');
INSERT INTO "migrations" VALUES('0003-measurements','2026-11-29T16:28:13.137359+00:00');
INSERT INTO "migrations" VALUES('0004-ledger','2026-11-29T16:28:13.137912+00:00');
INSERT INTO "migrations" VALUES('0005-models','2026-11-29T16:28:13.138074+00:00');
INSERT INTO "migrations" VALUES('0006-mathematics','2026-11-29T16:28:13.138357+00:00');
INSERT INTO "migrations" VALUES('0007-refreshes','2026-11-29T16:28:13.138483+00:00');
CREATE TABLE papers (
	number INTEGER NOT NULL,
	id VARCHAR NOT NULL,
	room VARCHAR NOT NULL,
	record TEXT NOT NULL,
	provenance TEXT NOT NULL,
	text_hash VARCHAR(64) NOT NULL,
	PRIMARY KEY (number),
	UNIQUE (id)
);
INSERT INTO "papers" VALUES(209911000001,'9911.00007','','{"id":"9911.00007","title":"An Older Study of Ponds, Revised","authors":["Wei Zhang","Jo Public"],"abstract":"Ponds, at last.","version":3,"updated":"2099-12-02T06:00:00Z"}','{"id":[0,"arxiv",3,""],"title":[0,"arxiv",3,""],"authors":[0,"arxiv",3,""],"abstract":[0,"arxiv",3,""],"version":[0,"arxiv",3,""],"updated":[0,"arxiv",3,""],"withdrawn":[0,"arxiv",3,"2099-12-02T06:00:00.000000+00:00 "],"comment":[0,"arxiv",3,""],"journal_ref":[0,"arxiv",3,""],"doi":[0,"arxiv",3,""]}','7eb07871aabf0e59c85219c90b8b4dcd095311113b7d3a19b60101723227e317');
INSERT INTO "papers" VALUES(209912000001,'9912.00001','','{"id":"9912.00001","title":"Toy Attention over Long Lakes","authors":["Søren Sample","Ada O''Example"],"abstract":"We present TOY, an attention that reads H$_2$O levels of 64K tokens 2.5x faster. Multi-modal herons are counted.","version":1,"published":"2099-12-01T00:00:00Z","categories":["cs.CL","cs.LG"],"code_url":"https://github.com/lakeside/heron","keywords":["attention"]}','{"id":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"title":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"authors":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"abstract":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"version":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"published":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"categories":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"code_url":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"keywords":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"]}','0c6b78344cad85e579db44df826b55d1e7e5ac0662780c129fb2e38c235878cd');
INSERT INTO "papers" VALUES(209912000002,'9912.00002','','{"id":"9912.00002","title":"Counting Herons with Bayes'' Rule","authors":["Min-ji Kim"],"abstract":"A synthetic abstract about birds. Accuracy rises from 61.2 to 74.5 points.","version":1,"categories":["cs.CV"]}','{"id":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"title":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"authors":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"abstract":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"version":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"],"categories":[-1,"huggingface",1,"2099-12-02T06:00:00.000000+00:00"]}','4148f3689490245adbfe3acac0fcabf2047863df244241b2369c4b71c69c13c5');
CREATE TABLE refreshes (
	paper VARCHAR NOT NULL,
	asked_at VARCHAR(32) NOT NULL,
	PRIMARY KEY (paper),
	FOREIGN KEY(paper) REFERENCES papers (id)
);
INSERT INTO "refreshes" VALUES('9912.00001','2099-12-02T06:00:00.000000+00:00');
CREATE TABLE revisions (
	id INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	version INTEGER NOT NULL,
	seen VARCHAR(32) NOT NULL,
	text_hash VARCHAR(64) NOT NULL,
	title TEXT NOT NULL,
	abstract TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (paper, version, text_hash),
	FOREIGN KEY(paper) REFERENCES papers (id)
);
INSERT INTO "revisions" VALUES(1,'9912.00001',1,'2099-12-02T06:00:00.000000+00:00','0c6b78344cad85e579db44df826b55d1e7e5ac0662780c129fb2e38c235878cd','Toy Attention over Long Lakes','We present TOY, an attention that reads H$_2$O levels of 64K tokens 2.5x faster. Multi-modal herons are counted.');
INSERT INTO "revisions" VALUES(2,'9912.00002',1,'2099-12-02T06:00:00.000000+00:00','4148f3689490245adbfe3acac0fcabf2047863df244241b2369c4b71c69c13c5','Counting Herons with Bayes'' Rule','A synthetic abstract about birds. Accuracy rises from 61.2 to 74.5 points.');
INSERT INTO "revisions" VALUES(3,'9911.00007',2,'2099-12-02T06:00:00.000000+00:00','c7db18fd92b2fa930f843403693741c634ab5b850bb2e2862eb8b93170052770','An Older Study of Ponds','Ponds, at last.');
INSERT INTO "revisions" VALUES(4,'9911.00007',3,'','7eb07871aabf0e59c85219c90b8b4dcd095311113b7d3a19b60101723227e317','An Older Study of Ponds, Revised','Ponds, at last.');
CREATE TABLE 'search_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO "search_config" VALUES('version',4);
CREATE TABLE 'search_content'(id INTEGER PRIMARY KEY, c0, c1, c2, c3);
INSERT INTO "search_content" VALUES(209911000001,'An Older Study of Ponds, Revised','Wei Zhang  Jo Public','Ponds, at last.','');
INSERT INTO "search_content" VALUES(209912000001,'Toy Attention over Long Lakes','Søren Sample  Ada O''Example','We present TOY, an attention that reads H2O levels of 64K tokens 2.5x faster. Multi-modal herons are counted.','An attention for lakes.   호수 수를 를   위한 한   어텐 텐션 션을 을   벤치 치마 마크 크에 에서 서   잰다 다 .');
INSERT INTO "search_content" VALUES(209912000002,'Counting Herons with Bayes'' Rule','Min-ji Kim','A synthetic abstract about birds. Accuracy rises from 61.2 to 74.5 points.','');
CREATE TABLE 'search_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO "search_data" VALUES(1,X'03100E2516');
INSERT INTO "search_data" VALUES(10,X'000000000102020002010101020101');
INSERT INTO "search_data" VALUES(137438953473,X'000004C0023032868DFDEBDC010601020E010601020B010135868DFDEBDC020601020E020178868DFDEBDC010601020F01023631868DFDEBDC020601020A0202346B868DFDEBDC010601020C01023734868DFDEBDC020601020D010161868DFDEBDC02060102020204626F7574868DFDEBDC02060102050306737472616374868DFDEBDC0206010204020763637572616379868DFDEBDC020601020702026461868DFDEBDC010601010502016E868DFDAED7410202BD84400C01020501030202027265868DFDEBDC0106010214020174868DFDAED74106010203030774656E74696F6E868DFDEBDC010E0301020601030301056261796573868DFDEBDC020205020469726473868DFDEBDC02060102060107636F756E746564868DFDEBDC01060102150603696E67868DFDEBDC02020201076578616D706C65868DFDEBDC01060101070106666173746572868DFDEBDC010601021002026F72868DFDEBDC01060103040203726F6D868DFDEBDC0206010209010368326F868DFDEBDC0106010209020565726F6E73868DFDEBDC010601021301020301026A69868DFDEBDC020601010302016F868DFDAED7410601010501036B696D868DFDEBDC020601010401056C616B6573868DFDEBDC01080601030503027374868DFDAED7410601020402056576656C73868DFDEBDC010601020A02036F6E67868DFDEBDC01020501036D696E868DFDEBDC020601010202046F64616C868DFDEBDC01060102120204756C7469868DFDEBDC010601021101016F868DFDEBDC0106010106020166868DFDAED7410205BD84400601020B02046C646572868DFDAED74102030203766572868DFDEBDC0102040106706F696E7473868DFDEBDC020601020F03036E6473868DFDAED74108060102020206726573656E74868DFDEBDC0106010203020575626C6963868DFDAED7410601010601057265616473868DFDEBDC0106010208020469736573868DFDEBDC02060102080203756C65868DFDEBDC020206010673616D706C65868DFDEBDC0106010103020474756479868DFDAED74102040208796E746865746963868DFDEBDC02060102030205C3B872656E868DFDEBDC0106010102010474686174868DFDEBDC010601020702016F868DFDEBDC020601020C03046B656E73868DFDEBDC010601020D030179868DFDEBDC01080201020401027765868DFDEBDC0106010202030169868DFDAED741060101020203697468868DFDEBDC02020401057A68616E67868DFDAED741060101030103EB8BA4868DFDEBDC01060103170202A5BC868DFDEBDC01060103090205A788ED81AC868DFDEBDC01060103120205B2A4ECB998868DFDEBDC01060103100103EC849C868DFDEBDC010601031502058598EC9D84868DFDEBDC010601030E02058898EBA5BC868DFDEBDC0106010308020596B4ED8590868DFDEBDC010601030C02059790EC849C868DFDEBDC010601031402059C84ED959C868DFDEBDC010601030A02029D84868DFDEBDC010601030F02059EB0EB8BA4868DFDEBDC01060103160205B998EBA788868DFDEBDC01060103110106ED81ACEC9790868DFDEBDC010601031302058590EC8598868DFDEBDC010601030D0202959C868DFDEBDC010601030B020598B8EC8898868DFDEBDC01060103070103EE8080868DFDAED74106010104BD84400C01010401030604120D0D0E0E0E0D1012130E150E0D170F10130D13120E0F0F140E0D0F120E110D0F10100D120E0D1210121111100D120E1411100D100E0E0D0D110F0E11110F11111111110E111112110E11');
INSERT INTO "search_data" VALUES(274877906945,X'000000C70330616E868DFDAED7410302020174868DFDAED7410701020301026A6F868DFDAED7410701010501046C617374868DFDAED7410701020401026F66868DFDAED741030502046C646572868DFDAED74103030105706F6E6473868DFDAED7410906010202020575626C6963868DFDAED74107010106010772657669736564868DFDAED741020701057374756479868DFDAED74103040103776569868DFDAED7410701010201057A68616E67868DFDAED741070101030103EE8080868DFDAED74107010104040C0D0E100C0E1211110F0F11');
CREATE TABLE 'search_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO "search_docsize" VALUES(209911000001,X'06050300');
INSERT INTO "search_docsize" VALUES(209912000001,X'05061416');
INSERT INTO "search_docsize" VALUES(209912000002,X'05030E00');
CREATE TABLE 'search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO "search_idx" VALUES(1,X'',2);
INSERT INTO "search_idx" VALUES(2,X'',2);
CREATE TABLE sightings (
	id INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	day DATE NOT NULL,
	reading VARCHAR(64) NOT NULL,
	place INTEGER NOT NULL,
	votes INTEGER,
	seen_at VARCHAR(32),
	snapshot VARCHAR(64),
	number INTEGER NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (paper, source, day, reading, place),
	FOREIGN KEY(paper) REFERENCES papers (id),
	FOREIGN KEY(number) REFERENCES papers (number)
);
INSERT INTO "sightings" VALUES(1,'9912.00001','huggingface','2099-12-02','47a23a9df24a354733954685fccdf38f9274e74ef5e118c8066dde3bcfa54373',1,10,'2099-12-02T06:00:00.000000+00:00','47a23a9df24a354733954685fccdf38f9274e74ef5e118c8066dde3bcfa54373',209912000001);
INSERT INTO "sightings" VALUES(2,'9912.00002','huggingface','2099-12-02','47a23a9df24a354733954685fccdf38f9274e74ef5e118c8066dde3bcfa54373',2,20,'2099-12-02T06:00:00.000000+00:00','47a23a9df24a354733954685fccdf38f9274e74ef5e118c8066dde3bcfa54373',209912000002);
INSERT INTO "sightings" VALUES(3,'9911.00007','huggingface','2099-12-02','47a23a9df24a354733954685fccdf38f9274e74ef5e118c8066dde3bcfa54373',3,30,'2099-12-02T06:00:00.000000+00:00','47a23a9df24a354733954685fccdf38f9274e74ef5e118c8066dde3bcfa54373',209911000001);
CREATE TABLE snapshots (
	id INTEGER NOT NULL,
	source VARCHAR NOT NULL,
	url VARCHAR NOT NULL,
	day VARCHAR(10) NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	status INTEGER,
	headers TEXT NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (source, url, day, sha256)
);
INSERT INTO "snapshots" VALUES(1,'huggingface','https://example.org/daily?date=2099-12-02','2099-12-02','47a23a9df24a354733954685fccdf38f9274e74ef5e118c8066dde3bcfa54373',200,'{"content-type":"application/json"}',X'789C8BAE56CA4D4C4955B252502A2D50D251504ACB2F027112154A528B4B946A6301A38E09C5');
CREATE TABLE summaries (
	id INTEGER NOT NULL,
	paper VARCHAR NOT NULL,
	origin VARCHAR NOT NULL,
	source VARCHAR NOT NULL,
	day VARCHAR(10) NOT NULL,
	languages VARCHAR NOT NULL,
	record TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (paper, origin, source, day),
	FOREIGN KEY(paper) REFERENCES papers (id)
);
INSERT INTO "summaries" VALUES(1,'9912.00001','model','toy-model','2099-12-02',' en ko ','{"paper":"9912.00001","origin":"model","source":"toy-model","day":"2099-12-02","languages":{"en":{"one_line":"An attention for lakes."},"ko":{"one_line":"호수를 위한 어텐션을 벤치마크에서 잰다."}}}');
CREATE INDEX ix_papers_room ON papers (room);
CREATE INDEX ix_snapshots_url ON snapshots (url);
CREATE INDEX ix_snapshots_sha256 ON snapshots (sha256);
CREATE INDEX attempts_by_day ON attempts (day);
CREATE INDEX attempts_by_source ON attempts (source, day);
CREATE INDEX ix_measurements_paper ON measurements (paper);
CREATE INDEX ix_fetches_attempt ON fetches (attempt);
CREATE INDEX sightings_by_number ON sightings (number, day, source);
CREATE INDEX sightings_by_day ON sightings (day, number);
CREATE INDEX sightings_by_source ON sightings (source, day);
PRAGMA writable_schema = ON;
INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('table', 'search', 'search', 0, 'CREATE VIRTUAL TABLE search USING fts5(title, authors, abstract, summary, tokenize=''unicode61 remove_diacritics 2'')');
PRAGMA writable_schema = OFF;
COMMIT;
