CREATE SCHEMA _millrace;
CREATE TABLE _millrace.state (version BIGINT, positions VARCHAR, results BIGINT);
INSERT INTO _millrace.state VALUES (8, '{}', 0);
CREATE TABLE _millrace.job_tables (name VARCHAR, definition VARCHAR);
CREATE TABLE _millrace.result_marks (reached TIMESTAMP, number BIGINT);
CREATE TABLE "_millrace"."event_dim" ("id" INTEGER, "source" VARCHAR, "type" VARCHAR, "channel" VARCHAR, "country" VARCHAR, "currency" VARCHAR, "late" BOOLEAN, "corrected" BOOLEAN, "warned" BOOLEAN, "recovered" BOOLEAN, "device" VARCHAR, "browser" VARCHAR, "os" VARCHAR, "bot" VARCHAR, "segment" VARCHAR, "versions" VARCHAR, "stream" VARCHAR);
CREATE TABLE "_millrace"."item_dim" ("id" INTEGER, "product_id" VARCHAR, "product_name" VARCHAR, "category" VARCHAR, "kind" VARCHAR);
CREATE TABLE "_millrace"."fact" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "event_dim" INTEGER, "customer_id" VARCHAR, "order_id" VARCHAR, "amount" DECIMAL(18,6), "amount_base" DECIMAL(18,6), "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "item_dim" INTEGER, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6), "stored_after" BIGINT);
CREATE TABLE "_millrace"."fact_visit" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "event_dim" INTEGER, "customer_id" VARCHAR, "anonymous_id" VARCHAR, "order_id" VARCHAR, "session_id" VARCHAR, "amount" DECIMAL(18,6), "properties" VARCHAR, "context" VARCHAR, "amount_base" DECIMAL(18,6), "campaign_source" VARCHAR, "campaign_medium" VARCHAR, "campaign_name" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "item_dim" INTEGER, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6), "location_id" VARCHAR, "reason" VARCHAR, "stored_after" BIGINT);
CREATE TABLE "_millrace"."fact_order" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "event_dim" INTEGER, "customer_id" VARCHAR, "order_id" VARCHAR, "amount" DECIMAL(18,6), "amount_base" DECIMAL(18,6), "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "item_dim" INTEGER, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6), "stored_after" BIGINT);
CREATE TABLE "_millrace"."fact_order_visit" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "event_dim" INTEGER, "customer_id" VARCHAR, "anonymous_id" VARCHAR, "order_id" VARCHAR, "session_id" VARCHAR, "amount" DECIMAL(18,6), "properties" VARCHAR, "context" VARCHAR, "amount_base" DECIMAL(18,6), "campaign_source" VARCHAR, "campaign_medium" VARCHAR, "campaign_name" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "item_dim" INTEGER, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6), "stored_after" BIGINT);
CREATE TABLE "_millrace"."fact_text" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "source" VARCHAR, "type" VARCHAR, "customer_id" VARCHAR, "anonymous_id" VARCHAR, "order_id" VARCHAR, "session_id" VARCHAR, "channel" VARCHAR, "country" VARCHAR, "currency" VARCHAR, "amount" DECIMAL(18,6), "properties" VARCHAR, "context" VARCHAR, "late" BOOLEAN, "corrected" BOOLEAN, "warned" BOOLEAN, "recovered" BOOLEAN, "amount_base" DECIMAL(18,6), "device" VARCHAR, "browser" VARCHAR, "os" VARCHAR, "bot" VARCHAR, "campaign_source" VARCHAR, "campaign_medium" VARCHAR, "campaign_name" VARCHAR, "segment" VARCHAR, "versions" VARCHAR, "stream" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "product_id" VARCHAR, "product_name" VARCHAR, "category" VARCHAR, "kind" VARCHAR, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6), "location_id" VARCHAR, "reason" VARCHAR, "stored_after" BIGINT);
CREATE TABLE "_millrace"."quarantine_rows" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "source" VARCHAR, "type" VARCHAR, "rule" VARCHAR, "category" VARCHAR, "field" VARCHAR, "value" VARCHAR, "message" VARCHAR, "order_id" VARCHAR, "customer_id" VARCHAR, "anonymous_id" VARCHAR, "session_id" VARCHAR, "channel" VARCHAR, "country" VARCHAR, "currency" VARCHAR, "amount" DECIMAL(18,6), "properties" VARCHAR, "context" VARCHAR, "late" BOOLEAN, "corrected" BOOLEAN, "warned" BOOLEAN, "payload" VARCHAR, "versions" VARCHAR, "stream" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT);
CREATE TABLE "_millrace"."quarantine_acts_rows" ("kind" VARCHAR, "outcome" VARCHAR, "at" TIMESTAMP, "by" VARCHAR, "reason" VARCHAR, "run" VARCHAR, "attempt" INTEGER, "patch" VARCHAR, "source" VARCHAR, "state" VARCHAR, "event_id" UUID, "original_partition" INTEGER, "original_offset" BIGINT, "rule" VARCHAR, "field" VARCHAR, "message" VARCHAR, "payload" VARCHAR, "partition" INTEGER, "offset" BIGINT);
CREATE TABLE "main"."duplicates" ("event_id" UUID, "received_at" TIMESTAMP, "source" VARCHAR, "stream" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT);
CREATE TABLE "main"."rejections" ("received_at" TIMESTAMP, "source" VARCHAR, "stream" VARCHAR, "line" BIGINT, "reason" VARCHAR, "sample" VARCHAR, "partition" INTEGER, "offset" BIGINT);
CREATE TABLE "_millrace"."corrections_rows" ("event_id" UUID, "rule" VARCHAR, "field" VARCHAR, "before" VARCHAR, "after" VARCHAR, "partition" INTEGER, "offset" BIGINT);
CREATE VIEW main."quarantine" AS
SELECT q."event_id" AS "event_id", q."event_time" AS "event_time", q."received_at" AS "received_at", q."source" AS "source", q."type" AS "type", CASE a.newest.outcome WHEN 'duplicate' THEN 'recovered' WHEN 'reopened' THEN 'open' ELSE coalesce(a.newest.outcome, 'open') END AS "state", coalesce(a.attempts, 0) AS "attempts", a.newest."at" AS "settled_at", a.newest."by" AS "by", q."rule" AS "rule", q."category" AS "category", q."field" AS "field", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."value" END AS "value", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."message" END AS "message", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."order_id" END AS "order_id", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."customer_id" END AS "customer_id", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."anonymous_id" END AS "anonymous_id", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."session_id" END AS "session_id", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."channel" END AS "channel", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."country" END AS "country", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."currency" END AS "currency", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."amount" END AS "amount", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."properties" END AS "properties", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."context" END AS "context", q."late" AS "late", q."corrected" AS "corrected", q."warned" AS "warned", CASE WHEN a.newest.outcome = 'purged' THEN NULL ELSE q."payload" END AS "payload", q."versions" AS "versions", q."stream" AS "stream", q."line" AS "line", q."partition" AS "partition", q."offset" AS "offset"
FROM "_millrace"."quarantine_rows" q
LEFT JOIN (SELECT original_partition, original_offset,
    arg_max(struct_pack(outcome, "at", "by"), "offset") FILTER (outcome <> 'requarantined') AS newest,
    count(*) FILTER (kind = 'redrive') AS attempts
  FROM "_millrace"."quarantine_acts_rows"
  WHERE outcome <> 'void' AND kind NOT IN ('source', 'enter')
  GROUP BY original_partition, original_offset) a
ON a.original_partition = q."partition" AND a.original_offset = q."offset";
COMMENT ON VIEW main."quarantine" IS 'Events that broke a rule, one row each; those that wait for repair have state open';
COMMENT ON COLUMN main."quarantine"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."quarantine"."event_time" IS 'When it happened, UTC';
COMMENT ON COLUMN main."quarantine"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."quarantine"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."quarantine"."type" IS 'Kind of event, such as order_line';
COMMENT ON COLUMN main."quarantine"."state" IS 'open, recovered, waived, dead or purged';
COMMENT ON COLUMN main."quarantine"."attempts" IS 'How often it was sent again';
COMMENT ON COLUMN main."quarantine"."settled_at" IS 'When it got the state, UTC; NULL when nobody acted on it';
COMMENT ON COLUMN main."quarantine"."by" IS 'Who gave it the state';
COMMENT ON COLUMN main."quarantine"."rule" IS 'First rule that it broke';
COMMENT ON COLUMN main."quarantine"."category" IS 'missing, format, out_of_range, schema, business, duplicate_conflict, decode, too_large or enrichment';
COMMENT ON COLUMN main."quarantine"."field" IS 'Field that the first rule is about';
COMMENT ON COLUMN main."quarantine"."value" IS 'Value of that field as received, at most 256 bytes';
COMMENT ON COLUMN main."quarantine"."message" IS 'What is wrong, of all rules that it broke';
COMMENT ON COLUMN main."quarantine"."order_id" IS 'Order or invoice';
COMMENT ON COLUMN main."quarantine"."customer_id" IS 'Customer, or guest:<order> where the sender named none';
COMMENT ON COLUMN main."quarantine"."anonymous_id" IS 'Device or browser of an unknown visitor';
COMMENT ON COLUMN main."quarantine"."session_id" IS 'Visit';
COMMENT ON COLUMN main."quarantine"."channel" IS 'Way of the sale, such as web';
COMMENT ON COLUMN main."quarantine"."country" IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN main."quarantine"."currency" IS 'ISO 4217';
COMMENT ON COLUMN main."quarantine"."amount" IS 'Value of the event, in currency';
COMMENT ON COLUMN main."quarantine"."properties" IS 'Other fields of the event, JSON';
COMMENT ON COLUMN main."quarantine"."context" IS 'Circumstances of the event, JSON';
COMMENT ON COLUMN main."quarantine"."late" IS 'It came behind its source''s watermark';
COMMENT ON COLUMN main."quarantine"."corrected" IS 'A rule changed a field; see corrections';
COMMENT ON COLUMN main."quarantine"."warned" IS 'It broke a rule of severity warn';
COMMENT ON COLUMN main."quarantine"."payload" IS 'The event as received; bytes that are not UTF-8 are written \xNN';
COMMENT ON COLUMN main."quarantine"."versions" IS 'Adapter and rules that made the row, as name@version';
COMMENT ON COLUMN main."quarantine"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."quarantine"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."quarantine"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."quarantine"."offset" IS 'Offset in the partition; quote the name in SQL';
CREATE VIEW main."quarantine_acts" AS
SELECT q."kind" AS "kind", q."outcome" AS "outcome", q."at" AS "at", q."by" AS "by", CASE WHEN a.original_offset IS NOT NULL AND q.outcome = 'requarantined' THEN NULL ELSE q."reason" END AS "reason", q."run" AS "run", q."attempt" AS "attempt", q."patch" AS "patch", q."source" AS "source", q."state" AS "state", q."event_id" AS "event_id", q."original_partition" AS "original_partition", q."original_offset" AS "original_offset", q."rule" AS "rule", q."field" AS "field", CASE WHEN a.original_offset IS NOT NULL AND q.outcome = 'requarantined' THEN NULL ELSE q."message" END AS "message", CASE WHEN a.original_offset IS NOT NULL AND q.outcome = 'requarantined' THEN NULL ELSE q."payload" END AS "payload", q."partition" AS "partition", q."offset" AS "offset"
FROM "_millrace"."quarantine_acts_rows" q
LEFT JOIN (SELECT DISTINCT original_partition, original_offset FROM "_millrace"."quarantine_acts_rows" WHERE outcome = 'purged') a
ON a.original_partition = q."original_partition" AND a.original_offset = q."original_offset";
COMMENT ON VIEW main."quarantine_acts" IS 'What was done about quarantined events, and about sources, one row per act';
COMMENT ON COLUMN main."quarantine_acts"."kind" IS 'redrive, waive, reopen, purge, bury, or source';
COMMENT ON COLUMN main."quarantine_acts"."outcome" IS 'recovered, duplicate, requarantined, waived, reopened, dead, purged, applied, or void: it changed nothing';
COMMENT ON COLUMN main."quarantine_acts"."at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."quarantine_acts"."by" IS 'Who did it';
COMMENT ON COLUMN main."quarantine_acts"."reason" IS 'Why, as they said; NULL of attempts in vain once the event was purged';
COMMENT ON COLUMN main."quarantine_acts"."run" IS 'Run of redrives';
COMMENT ON COLUMN main."quarantine_acts"."attempt" IS 'Number of the redrive, from 1';
COMMENT ON COLUMN main."quarantine_acts"."patch" IS 'What changed the payload, as name@version';
COMMENT ON COLUMN main."quarantine_acts"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."quarantine_acts"."state" IS 'What the source was set to';
COMMENT ON COLUMN main."quarantine_acts"."event_id" IS 'Identity of the event as it was quarantined';
COMMENT ON COLUMN main."quarantine_acts"."original_partition" IS 'Partition of the quarantined event';
COMMENT ON COLUMN main."quarantine_acts"."original_offset" IS 'Offset of the quarantined event; 0 for an act about a source';
COMMENT ON COLUMN main."quarantine_acts"."rule" IS 'First rule that the event broke when it was sent again';
COMMENT ON COLUMN main."quarantine_acts"."field" IS 'Field that this rule is about';
COMMENT ON COLUMN main."quarantine_acts"."message" IS 'What is wrong, of all rules that it broke, NULL once the event was purged; or why the act is void';
COMMENT ON COLUMN main."quarantine_acts"."payload" IS 'The event as it was sent again in vain; NULL once it was purged';
COMMENT ON COLUMN main."quarantine_acts"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."quarantine_acts"."offset" IS 'Offset in the partition; quote the name in SQL';
COMMENT ON TABLE main."duplicates" IS 'Deliveries of an event that had been received before, one row each';
COMMENT ON COLUMN main."duplicates"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."duplicates"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."duplicates"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."duplicates"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."duplicates"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."duplicates"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."duplicates"."offset" IS 'Offset in the partition; quote the name in SQL';
COMMENT ON TABLE main."rejections" IS 'Records refused at the door, one row each';
COMMENT ON COLUMN main."rejections"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."rejections"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."rejections"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."rejections"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."rejections"."reason" IS 'Why it was refused';
COMMENT ON COLUMN main."rejections"."sample" IS 'Start of the record; bytes that are not UTF-8 are written \xNN';
COMMENT ON COLUMN main."rejections"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."rejections"."offset" IS 'Offset in the partition; quote the name in SQL';
CREATE VIEW main."corrections" AS
SELECT q."event_id" AS "event_id", q."rule" AS "rule", q."field" AS "field", CASE WHEN a.original_offset IS NOT NULL THEN NULL ELSE q."before" END AS "before", CASE WHEN a.original_offset IS NOT NULL THEN NULL ELSE q."after" END AS "after", q."partition" AS "partition", q."offset" AS "offset"
FROM "_millrace"."corrections_rows" q
LEFT JOIN (SELECT DISTINCT original_partition, original_offset FROM "_millrace"."quarantine_acts_rows" WHERE outcome = 'purged') a
ON a.original_partition = q."partition" AND a.original_offset = q."offset";
COMMENT ON VIEW main."corrections" IS 'Fields of accepted and quarantined events that a rule changed, one row each';
COMMENT ON COLUMN main."corrections"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."corrections"."rule" IS 'Rule that changed it';
COMMENT ON COLUMN main."corrections"."field" IS 'Field that was changed';
COMMENT ON COLUMN main."corrections"."before" IS 'Value as received; NULL when it was missing, or the event was purged';
COMMENT ON COLUMN main."corrections"."after" IS 'Value as stored; NULL once the event was purged';
COMMENT ON COLUMN main."corrections"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."corrections"."offset" IS 'Offset in the partition; quote the name in SQL';
CREATE OR REPLACE VIEW _millrace."own_events" AS
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", NULL::VARCHAR AS "anonymous_id", f."order_id" AS "order_id", NULL::VARCHAR AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", NULL::VARCHAR AS "properties", NULL::VARCHAR AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."recovered" AS "recovered", f."amount_base" AS "amount_base", d0."device" AS "device", d0."browser" AS "browser", d0."os" AS "os", d0."bot" AS "bot", NULL::VARCHAR AS "campaign_source", NULL::VARCHAR AS "campaign_medium", NULL::VARCHAR AS "campaign_name", d0."segment" AS "segment", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL
UNION ALL
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", NULL::VARCHAR AS "anonymous_id", f."order_id" AS "order_id", NULL::VARCHAR AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", NULL::VARCHAR AS "properties", NULL::VARCHAR AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."recovered" AS "recovered", f."amount_base" AS "amount_base", d0."device" AS "device", d0."browser" AS "browser", d0."os" AS "os", d0."bot" AS "bot", NULL::VARCHAR AS "campaign_source", NULL::VARCHAR AS "campaign_medium", NULL::VARCHAR AS "campaign_name", d0."segment" AS "segment", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact_order" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL;
CREATE OR REPLACE VIEW _millrace."placed_events" AS
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", NULL::VARCHAR AS "anonymous_id", f."order_id" AS "order_id", NULL::VARCHAR AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", NULL::VARCHAR AS "properties", NULL::VARCHAR AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."recovered" AS "recovered", f."amount_base" AS "amount_base", d0."device" AS "device", d0."browser" AS "browser", d0."os" AS "os", d0."bot" AS "bot", NULL::VARCHAR AS "campaign_source", NULL::VARCHAR AS "campaign_medium", NULL::VARCHAR AS "campaign_name", d0."segment" AS "segment", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL
UNION ALL
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", NULL::VARCHAR AS "anonymous_id", f."order_id" AS "order_id", NULL::VARCHAR AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", NULL::VARCHAR AS "properties", NULL::VARCHAR AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."recovered" AS "recovered", f."amount_base" AS "amount_base", d0."device" AS "device", d0."browser" AS "browser", d0."os" AS "os", d0."bot" AS "bot", NULL::VARCHAR AS "campaign_source", NULL::VARCHAR AS "campaign_medium", NULL::VARCHAR AS "campaign_name", d0."segment" AS "segment", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact_order" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL;
CREATE OR REPLACE VIEW main."events" AS
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", NULL::VARCHAR AS "anonymous_id", f."order_id" AS "order_id", NULL::VARCHAR AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", NULL::VARCHAR AS "properties", NULL::VARCHAR AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."recovered" AS "recovered", f."amount_base" AS "amount_base", d0."device" AS "device", d0."browser" AS "browser", d0."os" AS "os", d0."bot" AS "bot", NULL::VARCHAR AS "campaign_source", NULL::VARCHAR AS "campaign_medium", NULL::VARCHAR AS "campaign_name", d0."segment" AS "segment", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL
UNION ALL
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", NULL::VARCHAR AS "anonymous_id", f."order_id" AS "order_id", NULL::VARCHAR AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", NULL::VARCHAR AS "properties", NULL::VARCHAR AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."recovered" AS "recovered", f."amount_base" AS "amount_base", d0."device" AS "device", d0."browser" AS "browser", d0."os" AS "os", d0."bot" AS "bot", NULL::VARCHAR AS "campaign_source", NULL::VARCHAR AS "campaign_medium", NULL::VARCHAR AS "campaign_name", d0."segment" AS "segment", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact_order" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL;
COMMENT ON VIEW main."events" IS 'Accepted events, one row each';
COMMENT ON COLUMN main."events"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."events"."event_time" IS 'When it happened, UTC';
COMMENT ON COLUMN main."events"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."events"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."events"."type" IS 'Kind of event, such as order_line';
COMMENT ON COLUMN main."events"."customer_id" IS 'Customer, or guest:<order> where the sender named none';
COMMENT ON COLUMN main."events"."anonymous_id" IS 'Device or browser of an unknown visitor';
COMMENT ON COLUMN main."events"."order_id" IS 'Order or invoice';
COMMENT ON COLUMN main."events"."session_id" IS 'Visit';
COMMENT ON COLUMN main."events"."channel" IS 'Way of the sale, such as web';
COMMENT ON COLUMN main."events"."country" IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN main."events"."currency" IS 'ISO 4217';
COMMENT ON COLUMN main."events"."amount" IS 'Value of the event, in currency';
COMMENT ON COLUMN main."events"."properties" IS 'Other fields of the event, JSON';
COMMENT ON COLUMN main."events"."context" IS 'Circumstances of the event, JSON';
COMMENT ON COLUMN main."events"."late" IS 'It came behind its source''s watermark';
COMMENT ON COLUMN main."events"."corrected" IS 'A rule changed a field; see corrections';
COMMENT ON COLUMN main."events"."warned" IS 'It broke a rule of severity warn';
COMMENT ON COLUMN main."events"."recovered" IS 'It was quarantined, and accepted when it was sent again; see quarantine_acts';
COMMENT ON COLUMN main."events"."amount_base" IS 'The amount in the shop''s currency, by the rate of the event''s day; NULL when it is 0 or unknown';
COMMENT ON COLUMN main."events"."device" IS 'desktop, mobile, tablet or other, by the user agent';
COMMENT ON COLUMN main."events"."browser" IS 'Browser and its major version';
COMMENT ON COLUMN main."events"."os" IS 'Operating system';
COMMENT ON COLUMN main."events"."bot" IS 'Program that sent it in place of a visitor; other when it has no name here';
COMMENT ON COLUMN main."events"."campaign_source" IS 'Who sent the visitor, such as google';
COMMENT ON COLUMN main."events"."campaign_medium" IS 'How: paid, search, social, email, referral, direct, or as the campaign says';
COMMENT ON COLUMN main."events"."campaign_name" IS 'Campaign';
COMMENT ON COLUMN main."events"."segment" IS 'Segment of the customer';
COMMENT ON COLUMN main."events"."versions" IS 'Adapter and rules that made the row, as name@version';
COMMENT ON COLUMN main."events"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."events"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."events"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."events"."offset" IS 'Offset in the partition; quote the name in SQL';
CREATE OR REPLACE VIEW _millrace."own_order_lines" AS
SELECT f."event_id" AS "event_id", f."line_no" AS "line_no", f."event_time" AS "event_time", d0."source" AS "source", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", d1."kind" AS "kind", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", d0."currency" AS "currency", d0."country" AS "country", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact_order" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" > 0;
CREATE OR REPLACE VIEW _millrace."placed_order_lines" AS
SELECT f."event_id" AS "event_id", f."line_no" AS "line_no", f."event_time" AS "event_time", d0."source" AS "source", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", d1."kind" AS "kind", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", d0."currency" AS "currency", d0."country" AS "country", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact_order" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" > 0;
CREATE OR REPLACE VIEW main."order_lines" AS
SELECT f."event_id" AS "event_id", f."line_no" AS "line_no", f."event_time" AS "event_time", d0."source" AS "source", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", d1."kind" AS "kind", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", d0."currency" AS "currency", d0."country" AS "country", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact_order" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" > 0;
COMMENT ON VIEW main."order_lines" IS 'Items of accepted events, one row each; revenue is sum(amount)';
COMMENT ON COLUMN main."order_lines"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."order_lines"."line_no" IS 'Number of the item in its event, from 1';
COMMENT ON COLUMN main."order_lines"."event_time" IS 'When it happened, UTC';
COMMENT ON COLUMN main."order_lines"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."order_lines"."order_id" IS 'Order or invoice';
COMMENT ON COLUMN main."order_lines"."customer_id" IS 'Customer, or guest:<order> where the sender named none';
COMMENT ON COLUMN main."order_lines"."product_id" IS 'Product, or code of a fee';
COMMENT ON COLUMN main."order_lines"."product_name" IS 'Name as sent with the event';
COMMENT ON COLUMN main."order_lines"."category" IS 'Category of the product';
COMMENT ON COLUMN main."order_lines"."kind" IS 'sale, cancellation, adjustment, or fee (product_id is no product)';
COMMENT ON COLUMN main."order_lines"."quantity" IS 'Pieces; negative when cancelled';
COMMENT ON COLUMN main."order_lines"."unit_price" IS 'Price of one piece';
COMMENT ON COLUMN main."order_lines"."amount" IS 'quantity × unit_price';
COMMENT ON COLUMN main."order_lines"."currency" IS 'ISO 4217';
COMMENT ON COLUMN main."order_lines"."country" IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN main."order_lines"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."order_lines"."offset" IS 'Offset in the partition; quote the name in SQL';
CREATE OR REPLACE VIEW _millrace."own_product_events" AS
SELECT f."event_id" AS "event_id", -f."line_no" AS "item_no", f."event_time" AS "event_time", d0."source" AS "source", d0."type" AS "type", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", NULL::VARCHAR AS "location_id", NULL::VARCHAR AS "reason", d0."channel" AS "channel", d0."currency" AS "currency", d0."country" AS "country", d0."device" AS "device", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" < 0;
CREATE OR REPLACE VIEW _millrace."placed_product_events" AS
SELECT f."event_id" AS "event_id", -f."line_no" AS "item_no", f."event_time" AS "event_time", d0."source" AS "source", d0."type" AS "type", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", NULL::VARCHAR AS "location_id", NULL::VARCHAR AS "reason", d0."channel" AS "channel", d0."currency" AS "currency", d0."country" AS "country", d0."device" AS "device", f."partition" AS "partition", f."offset" AS "offset", f.stored_after
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" < 0;
CREATE OR REPLACE VIEW main."product_events" AS
SELECT f."event_id" AS "event_id", -f."line_no" AS "item_no", f."event_time" AS "event_time", d0."source" AS "source", d0."type" AS "type", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", NULL::VARCHAR AS "location_id", NULL::VARCHAR AS "reason", d0."channel" AS "channel", d0."currency" AS "currency", d0."country" AS "country", d0."device" AS "device", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" < 0;
COMMENT ON VIEW main."product_events" IS 'Products of accepted events that are no order, one row each: views, carts, movements of stock, prices';
COMMENT ON COLUMN main."product_events"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."product_events"."item_no" IS 'Number of the item in its event, from 1';
COMMENT ON COLUMN main."product_events"."event_time" IS 'When it happened, UTC';
COMMENT ON COLUMN main."product_events"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."product_events"."type" IS 'Kind of event, such as order_line';
COMMENT ON COLUMN main."product_events"."order_id" IS 'Order or invoice';
COMMENT ON COLUMN main."product_events"."customer_id" IS 'Customer, or guest:<order> where the sender named none';
COMMENT ON COLUMN main."product_events"."product_id" IS 'Product, or code of a fee';
COMMENT ON COLUMN main."product_events"."product_name" IS 'Name as sent with the event';
COMMENT ON COLUMN main."product_events"."category" IS 'Category of the product';
COMMENT ON COLUMN main."product_events"."quantity" IS 'Pieces; negative when cancelled';
COMMENT ON COLUMN main."product_events"."unit_price" IS 'Price of one piece';
COMMENT ON COLUMN main."product_events"."amount" IS 'quantity × unit_price';
COMMENT ON COLUMN main."product_events"."location_id" IS 'Warehouse or store, by the event''s properties';
COMMENT ON COLUMN main."product_events"."reason" IS 'Why stock moved or a price changed, by the event''s properties';
COMMENT ON COLUMN main."product_events"."channel" IS 'Way of the sale, such as web';
COMMENT ON COLUMN main."product_events"."currency" IS 'ISO 4217';
COMMENT ON COLUMN main."product_events"."country" IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN main."product_events"."device" IS 'desktop, mobile, tablet or other, by the user agent';
COMMENT ON COLUMN main."product_events"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."product_events"."offset" IS 'Offset in the partition; quote the name in SQL';
