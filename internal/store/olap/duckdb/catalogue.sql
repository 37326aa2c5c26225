-- The catalogues of PostgreSQL 14 and the standard's information schema, over the tables
-- that a role sees: _tables (oid, name, comment) and _columns (oid, num, name, typ, mod,
-- type, comment). Clients reach what is named in pg_* and info.* only.
CREATE MACRO _text(x) AS CAST(x AS VARCHAR);

CREATE VIEW pg_namespace AS
SELECT * FROM (VALUES (11, 'pg_catalog'), (2200, 'main'), (13000, 'information_schema')) AS v(oid, nspname)
  CROSS JOIN (SELECT 10 AS nspowner, NULL::VARCHAR[] AS nspacl);

CREATE VIEW pg_class AS
SELECT oid, name AS relname, 2200 AS relnamespace, 0 AS reltype, 0 AS reloftype, 10 AS relowner, 2 AS relam, oid AS relfilenode,
  0 AS reltablespace, 0 AS relpages, -1::FLOAT AS reltuples, 0 AS relallvisible, 0 AS reltoastrelid, false AS relhasindex,
  false AS relisshared, 'p' AS relpersistence, 'r' AS relkind,
  (SELECT count(*) FROM _columns c WHERE c.oid = t.oid)::SMALLINT AS relnatts, 0::SMALLINT AS relchecks, false AS relhasrules,
  false AS relhastriggers, false AS relhassubclass, false AS relrowsecurity, false AS relforcerowsecurity, true AS relispopulated,
  'n' AS relreplident, false AS relispartition, 0 AS relrewrite, 0 AS relfrozenxid, 0 AS relminmxid,
  NULL::VARCHAR[] AS relacl, NULL::VARCHAR[] AS reloptions, NULL::VARCHAR AS relpartbound, false AS relhasoids, 0 AS xmin
FROM _tables t;

CREATE VIEW pg_attribute AS
SELECT c.oid AS attrelid, c.name AS attname, c.typ AS atttypid, -1 AS attstattarget, t.typlen AS attlen, c.num::SMALLINT AS attnum, 0 AS attndims,
  -1 AS attcacheoff, c.mod AS atttypmod, t.typbyval AS attbyval, 'x' AS attstorage, 'i' AS attalign, '' AS attcompression, false AS attnotnull,
  false AS atthasdef, false AS atthasmissing, '' AS attidentity, '' AS attgenerated, false AS attisdropped, true AS attislocal,
  0 AS attinhcount, 0 AS attcollation, NULL::VARCHAR[] AS attacl, NULL::VARCHAR[] AS attoptions, NULL::VARCHAR[] AS attfdwoptions,
  NULL::VARCHAR AS attmissingval, 0 AS xmin
FROM _columns c JOIN pg_type t ON t.oid = c.typ;

CREATE VIEW pg_description AS
SELECT oid AS objoid, 1259 AS classoid, 0 AS objsubid, comment AS description FROM _tables WHERE comment IS NOT NULL
UNION ALL SELECT oid, 1259, num, comment FROM _columns WHERE comment IS NOT NULL;

CREATE VIEW pg_database AS
SELECT 16000 AS oid, _database() AS datname, 10 AS datdba, 6 AS encoding, 'C' AS datcollate, 'C' AS datctype, false AS datistemplate,
  true AS datallowconn, -1 AS datconnlimit, 0 AS datlastsysoid, 0 AS datfrozenxid, 0 AS datminmxid, 1663 AS dattablespace, NULL::VARCHAR[] AS datacl,
  'c' AS datlocprovider, NULL::VARCHAR AS daticulocale, NULL::VARCHAR AS datcollversion;

CREATE VIEW pg_roles AS
SELECT 10 AS oid, 'millrace' AS rolname, false AS rolsuper, true AS rolinherit, false AS rolcreaterole, false AS rolcreatedb, true AS rolcanlogin,
  false AS rolreplication, -1 AS rolconnlimit, '********' AS rolpassword, NULL::TIMESTAMPTZ AS rolvaliduntil, false AS rolbypassrls, NULL::VARCHAR[] AS rolconfig;
CREATE VIEW pg_authid AS SELECT * FROM pg_roles;
CREATE VIEW pg_user AS SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper, rolreplication AS userepl,
  rolbypassrls AS usebypassrls, rolpassword AS passwd, rolvaliduntil AS valuntil, rolconfig AS useconfig FROM pg_roles;
CREATE VIEW pg_am AS SELECT 2 AS oid, 'heap' AS amname, 3 AS amhandler, 't' AS amtype;
CREATE VIEW pg_tablespace AS SELECT 1663 AS oid, 'pg_default' AS spcname, 10 AS spcowner, NULL::VARCHAR[] AS spcacl, NULL::VARCHAR[] AS spcoptions;
CREATE VIEW pg_tables AS SELECT 'main' AS schemaname, name AS tablename, 'millrace' AS tableowner, NULL::VARCHAR AS tablespace,
  false AS hasindexes, false AS hasrules, false AS hastriggers, false AS rowsecurity FROM _tables;
CREATE VIEW pg_stat_user_tables AS SELECT oid AS relid, 'main' AS schemaname, name AS relname, 0::BIGINT AS seq_scan, 0::BIGINT AS n_live_tup, 0::BIGINT AS n_dead_tup FROM _tables;

CREATE VIEW pg_settings AS SELECT name, setting, NULL::VARCHAR AS unit, 'Preset Options' AS category, '' AS short_desc, NULL::VARCHAR AS extra_desc,
  'internal' AS context, 'string' AS vartype, 'default' AS source, NULL::VARCHAR AS min_val, NULL::VARCHAR AS max_val, NULL::VARCHAR[] AS enumvals,
  setting AS boot_val, setting AS reset_val, NULL::VARCHAR AS sourcefile, NULL::INTEGER AS sourceline, false AS pending_restart
FROM (VALUES ('max_index_keys', '32'), ('max_identifier_length', '63'), ('server_version_num', '140000'), ('server_encoding', 'UTF8'), ('search_path', 'main'),
  ('default_transaction_isolation', 'repeatable read'), ('TimeZone', 'UTC'), ('standard_conforming_strings', 'on'), ('ssl', 'off')) AS v(name, setting);

-- What there is none of. Clients read these and find nothing.
CREATE TABLE pg_views (schemaname VARCHAR, viewname VARCHAR, viewowner VARCHAR, definition VARCHAR);
CREATE TABLE pg_matviews (schemaname VARCHAR, matviewname VARCHAR, matviewowner VARCHAR, tablespace VARCHAR, hasindexes BOOLEAN, ispopulated BOOLEAN, definition VARCHAR);
CREATE TABLE pg_index (indexrelid BIGINT, indrelid BIGINT, indnatts SMALLINT, indnkeyatts SMALLINT, indisunique BOOLEAN, indisprimary BOOLEAN, indisexclusion BOOLEAN,
  indimmediate BOOLEAN, indisclustered BOOLEAN, indisvalid BOOLEAN, indcheckxmin BOOLEAN, indisready BOOLEAN, indislive BOOLEAN, indisreplident BOOLEAN,
  indnullsnotdistinct BOOLEAN, indkey BIGINT[], indcollation BIGINT[], indclass BIGINT[], indoption BIGINT[], indexprs VARCHAR, indpred VARCHAR);
CREATE TABLE pg_indexes (schemaname VARCHAR, tablename VARCHAR, indexname VARCHAR, tablespace VARCHAR, indexdef VARCHAR);
CREATE TABLE pg_constraint (oid BIGINT, conname VARCHAR, connamespace BIGINT, contype VARCHAR, condeferrable BOOLEAN, condeferred BOOLEAN, convalidated BOOLEAN,
  conrelid BIGINT, contypid BIGINT, conindid BIGINT, conparentid BIGINT, confrelid BIGINT, confupdtype VARCHAR, confdeltype VARCHAR, confmatchtype VARCHAR,
  conislocal BOOLEAN, coninhcount BIGINT, connoinherit BOOLEAN, conkey BIGINT[], confkey BIGINT[], conpfeqop BIGINT[], conexclop BIGINT[], conbin VARCHAR, consrc VARCHAR);
CREATE TABLE pg_attrdef (oid BIGINT, adrelid BIGINT, adnum SMALLINT, adbin VARCHAR, adsrc VARCHAR);
CREATE TABLE pg_inherits (inhrelid BIGINT, inhparent BIGINT, inhseqno BIGINT, inhdetachpending BOOLEAN);
CREATE TABLE pg_trigger (oid BIGINT, tgrelid BIGINT, tgparentid BIGINT, tgname VARCHAR, tgfoid BIGINT, tgtype SMALLINT, tgenabled VARCHAR, tgisinternal BOOLEAN, tgconstraint BIGINT, tgdeferrable BOOLEAN, tginitdeferred BOOLEAN, tgnargs SMALLINT, tgattr BIGINT[], tgargs BLOB, tgqual VARCHAR, tgoldtable VARCHAR, tgnewtable VARCHAR, tgconstrrelid BIGINT, tgconstrindid BIGINT);
CREATE TABLE pg_policy (oid BIGINT, polname VARCHAR, polrelid BIGINT, polcmd VARCHAR, polpermissive BOOLEAN, polroles BIGINT[], polqual VARCHAR, polwithcheck VARCHAR);
CREATE TABLE pg_policies (schemaname VARCHAR, tablename VARCHAR, policyname VARCHAR, permissive VARCHAR, roles VARCHAR[], cmd VARCHAR, qual VARCHAR, with_check VARCHAR);
CREATE TABLE pg_statistic_ext (oid BIGINT, stxrelid BIGINT, stxname VARCHAR, stxnamespace BIGINT, stxowner BIGINT, stxstattarget INTEGER, stxkeys BIGINT[], stxkind VARCHAR[], stxexprs VARCHAR);
CREATE TABLE pg_publication (oid BIGINT, pubname VARCHAR, pubowner BIGINT, puballtables BOOLEAN, pubinsert BOOLEAN, pubupdate BOOLEAN, pubdelete BOOLEAN, pubtruncate BOOLEAN, pubviaroot BOOLEAN);
CREATE TABLE pg_publication_rel (oid BIGINT, prpubid BIGINT, prrelid BIGINT);
CREATE TABLE pg_publication_namespace (oid BIGINT, pnpubid BIGINT, pnnspid BIGINT);
CREATE TABLE pg_foreign_table (ftrelid BIGINT, ftserver BIGINT, ftoptions VARCHAR[]);
CREATE TABLE pg_foreign_server (oid BIGINT, srvname VARCHAR, srvowner BIGINT, srvfdw BIGINT, srvtype VARCHAR, srvversion VARCHAR, srvacl VARCHAR[], srvoptions VARCHAR[]);
CREATE TABLE pg_foreign_data_wrapper (oid BIGINT, fdwname VARCHAR, fdwowner BIGINT, fdwhandler BIGINT, fdwvalidator BIGINT, fdwacl VARCHAR[], fdwoptions VARCHAR[]);
CREATE TABLE pg_rewrite (oid BIGINT, rulename VARCHAR, ev_class BIGINT, ev_type VARCHAR, ev_enabled VARCHAR, is_instead BOOLEAN, ev_qual VARCHAR, ev_action VARCHAR);
CREATE TABLE pg_rules (schemaname VARCHAR, tablename VARCHAR, rulename VARCHAR, definition VARCHAR);
CREATE TABLE pg_proc (oid BIGINT, proname VARCHAR, pronamespace BIGINT, proowner BIGINT, prolang BIGINT, procost FLOAT, prorows FLOAT, provariadic BIGINT, prokind VARCHAR, prosecdef BOOLEAN, proleakproof BOOLEAN, proisstrict BOOLEAN, proretset BOOLEAN, provolatile VARCHAR, proparallel VARCHAR, pronargs SMALLINT, pronargdefaults SMALLINT, prorettype BIGINT, proargtypes BIGINT[], proallargtypes BIGINT[], proargmodes VARCHAR[], proargnames VARCHAR[], proargdefaults VARCHAR, prosrc VARCHAR, probin VARCHAR, proacl VARCHAR[], proisagg BOOLEAN, proiswindow BOOLEAN);
CREATE TABLE pg_aggregate (aggfnoid BIGINT, aggkind VARCHAR);
CREATE TABLE pg_enum (oid BIGINT, enumtypid BIGINT, enumsortorder FLOAT, enumlabel VARCHAR);
CREATE TABLE pg_range (rngtypid BIGINT, rngsubtype BIGINT, rngmultitypid BIGINT, rngcollation BIGINT, rngsubopc BIGINT);
CREATE TABLE pg_sequence (seqrelid BIGINT, seqtypid BIGINT, seqstart BIGINT, seqincrement BIGINT, seqmax BIGINT, seqmin BIGINT, seqcache BIGINT, seqcycle BOOLEAN);
CREATE TABLE pg_sequences (schemaname VARCHAR, sequencename VARCHAR, sequenceowner VARCHAR, data_type VARCHAR, start_value BIGINT, min_value BIGINT, max_value BIGINT, increment_by BIGINT, cycle BOOLEAN, cache_size BIGINT, last_value BIGINT);
CREATE TABLE pg_extension (oid BIGINT, extname VARCHAR, extowner BIGINT, extnamespace BIGINT, extrelocatable BOOLEAN, extversion VARCHAR, extconfig BIGINT[], extcondition VARCHAR[]);
CREATE TABLE pg_available_extensions (name VARCHAR, default_version VARCHAR, installed_version VARCHAR, comment VARCHAR);
CREATE TABLE pg_collation (oid BIGINT, collname VARCHAR, collnamespace BIGINT, collowner BIGINT, collprovider VARCHAR, collisdeterministic BOOLEAN, collencoding INTEGER, collcollate VARCHAR, collctype VARCHAR, colliculocale VARCHAR, collversion VARCHAR);
CREATE TABLE pg_depend (classid BIGINT, objid BIGINT, objsubid INTEGER, refclassid BIGINT, refobjid BIGINT, refobjsubid INTEGER, deptype VARCHAR);
CREATE TABLE pg_shdescription (objoid BIGINT, classoid BIGINT, description VARCHAR);
CREATE TABLE pg_partitioned_table (partrelid BIGINT, partstrat VARCHAR, partnatts SMALLINT, partdefid BIGINT, partattrs BIGINT[], partclass BIGINT[], partcollation BIGINT[], partexprs VARCHAR);
CREATE TABLE pg_auth_members (roleid BIGINT, member BIGINT, grantor BIGINT, admin_option BOOLEAN);
CREATE TABLE pg_event_trigger (oid BIGINT, evtname VARCHAR, evtevent VARCHAR, evtowner BIGINT, evtfoid BIGINT, evtenabled VARCHAR, evttags VARCHAR[]);
CREATE TABLE pg_operator (oid BIGINT, oprname VARCHAR, oprnamespace BIGINT, oprleft BIGINT, oprright BIGINT, oprresult BIGINT);
CREATE TABLE pg_opclass (oid BIGINT, opcname VARCHAR, opcmethod BIGINT, opcnamespace BIGINT, opcdefault BOOLEAN, opcintype BIGINT);
CREATE TABLE pg_language (oid BIGINT, lanname VARCHAR);
CREATE TABLE pg_cast (oid BIGINT, castsource BIGINT, casttarget BIGINT, castfunc BIGINT, castcontext VARCHAR, castmethod VARCHAR);
CREATE TABLE pg_stat_activity (datid BIGINT, datname VARCHAR, pid INTEGER, leader_pid INTEGER, usesysid BIGINT, usename VARCHAR, application_name VARCHAR, client_addr VARCHAR, client_hostname VARCHAR, client_port INTEGER, backend_start TIMESTAMPTZ, xact_start TIMESTAMPTZ, query_start TIMESTAMPTZ, state_change TIMESTAMPTZ, wait_event_type VARCHAR, wait_event VARCHAR, state VARCHAR, backend_xid BIGINT, backend_xmin BIGINT, query_id BIGINT, query VARCHAR, backend_type VARCHAR);
CREATE TABLE pg_locks (locktype VARCHAR, "database" BIGINT, relation BIGINT, pid INTEGER, mode VARCHAR, granted BOOLEAN);
CREATE TABLE pg_timezone_abbrevs (abbrev VARCHAR, utc_offset INTERVAL, is_dst BOOLEAN);
CREATE TABLE pg_seclabel (objoid BIGINT, classoid BIGINT, objsubid INTEGER, provider VARCHAR, label VARCHAR);
CREATE TABLE pg_default_acl (oid BIGINT, defaclrole BIGINT, defaclnamespace BIGINT, defaclobjtype VARCHAR, defaclacl VARCHAR[]);
CREATE TABLE pg_db_role_setting (setdatabase BIGINT, setrole BIGINT, setconfig VARCHAR[]);
CREATE TABLE pg_prepared_xacts (gid VARCHAR);

-- Functions.
CREATE MACRO format_type(t, m) AS CASE
  WHEN t = 1700 AND m > 4 THEN 'numeric(' || ((m - 4) >> 16) || ',' || ((m - 4) & 65535) || ')'
  WHEN t = 1043 AND m > 4 THEN 'character varying(' || (m - 4) || ')'
  ELSE coalesce((SELECT first(p._sql) FROM pg_type p WHERE p.oid = t), '???') END;
CREATE MACRO obj_description(o, c) AS (SELECT first(d.description) FROM pg_description d WHERE d.objoid = o AND d.objsubid = 0),
  (o) AS (SELECT first(d.description) FROM pg_description d WHERE d.objoid = o AND d.objsubid = 0);
CREATE MACRO col_description(o, n) AS (SELECT first(d.description) FROM pg_description d WHERE d.objoid = o AND d.objsubid = n);
CREATE MACRO shobj_description(o, c) AS NULL::VARCHAR;
CREATE MACRO pg_table_is_visible(o) AS true;
CREATE MACRO pg_type_is_visible(o) AS true;
CREATE MACRO pg_function_is_visible(o) AS true;
CREATE MACRO pg_get_userbyid(o) AS 'millrace';
CREATE MACRO pg_get_expr(a, b) AS NULL::VARCHAR, (a, b, c) AS NULL::VARCHAR;
CREATE MACRO pg_get_constraintdef(a) AS NULL::VARCHAR, (a, b) AS NULL::VARCHAR;
CREATE MACRO pg_get_indexdef(a) AS NULL::VARCHAR, (a, b, c) AS NULL::VARCHAR;
CREATE MACRO pg_get_viewdef(a) AS NULL::VARCHAR, (a, b) AS NULL::VARCHAR;
CREATE MACRO pg_get_triggerdef(a) AS NULL::VARCHAR, (a, b) AS NULL::VARCHAR;
CREATE MACRO pg_get_ruledef(a) AS NULL::VARCHAR, (a, b) AS NULL::VARCHAR;
CREATE MACRO pg_get_partkeydef(a) AS NULL::VARCHAR;
CREATE MACRO pg_get_statisticsobjdef_columns(a) AS NULL::VARCHAR;
CREATE MACRO pg_get_function_identity_arguments(a) AS NULL::VARCHAR;
CREATE MACRO pg_get_function_arguments(a) AS NULL::VARCHAR;
CREATE MACRO pg_get_function_result(a) AS NULL::VARCHAR;
CREATE MACRO pg_get_functiondef(a) AS NULL::VARCHAR;
CREATE MACRO pg_get_serial_sequence(a, b) AS NULL::VARCHAR;
CREATE MACRO pg_encoding_to_char(e) AS 'UTF8';
CREATE MACRO pg_char_to_encoding(e) AS 6;
CREATE MACRO pg_relation_is_publishable(o) AS false;
CREATE MACRO pg_relation_size(o) AS 0::BIGINT, (o, f) AS 0::BIGINT;
CREATE MACRO pg_total_relation_size(o) AS 0::BIGINT;
CREATE MACRO pg_table_size(o) AS 0::BIGINT;
CREATE MACRO pg_indexes_size(o) AS 0::BIGINT;
CREATE MACRO pg_database_size(o) AS 0::BIGINT;
CREATE MACRO pg_tablespace_location(o) AS '';
CREATE MACRO pg_size_pretty(n) AS _text(n) || ' bytes';
CREATE MACRO pg_stat_get_numscans(o) AS 0::BIGINT;
CREATE MACRO pg_is_in_recovery() AS false;
CREATE MACRO pg_backend_pid() AS 1;
CREATE MACRO pg_blocking_pids(p) AS []::INTEGER[];
CREATE MACRO pg_postmaster_start_time() AS TIMESTAMPTZ '2026-01-01 00:00:00+00';
CREATE MACRO pg_my_temp_schema() AS 0;
CREATE MACRO pg_is_other_temp_schema(o) AS false;
CREATE MACRO pg_relation_filenode(o) AS o;
CREATE MACRO pg_column_is_updatable(a, b, c) AS false;
CREATE MACRO pg_relation_is_updatable(a, b) AS 0;
CREATE MACRO has_schema_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO has_database_privilege(a, b) AS b ILIKE 'connect%', (a, b, c) AS c ILIKE 'connect%';
CREATE MACRO has_table_privilege(a, b) AS b ILIKE '%select%', (a, b, c) AS c ILIKE '%select%';
CREATE MACRO has_any_column_privilege(a, b) AS b ILIKE '%select%', (a, b, c) AS c ILIKE '%select%';
CREATE MACRO has_column_privilege(a, b, c) AS c ILIKE '%select%', (a, b, c, d) AS d ILIKE '%select%';
CREATE MACRO has_function_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO has_sequence_privilege(a, b) AS false, (a, b, c) AS false;
CREATE MACRO has_type_privilege(a, b) AS true, (a, b, c) AS true;
CREATE MACRO pg_has_role(a, b) AS true, (a, b, c) AS true;
CREATE MACRO array_lower(a, n) AS CASE WHEN len(a) > 0 THEN 1 END;
CREATE MACRO array_upper(a, n) AS CASE WHEN len(a) > 0 THEN len(a) END;
CREATE MACRO array_ndims(a) AS 1;
CREATE MACRO quote_ident(s) AS CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_$]*') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
CREATE MACRO quote_literal(s) AS '''' || replace(s, '''', '''''') || '''';
CREATE MACRO quote_nullable(s) AS coalesce(quote_literal(s), 'NULL');
CREATE MACRO _ident_parts(s) AS [CASE WHEN starts_with(p, '"') THEN replace(p[2:-2], '""', '"') ELSE lower(p) END FOR p IN regexp_extract_all(s, '"(?:[^"]|"")+"|[^".[:space:]]+')];
CREATE MACRO parse_ident(s) AS _ident_parts(s), (s, strict) AS _ident_parts(s);
CREATE MACRO current_schemas(b) AS CASE WHEN b THEN ['pg_catalog', 'main'] ELSE ['main'] END;
CREATE MACRO current_schema() AS 'main';
CREATE MACRO inet_server_addr() AS NULL::VARCHAR;
CREATE MACRO inet_server_port() AS NULL::INTEGER;
CREATE MACRO inet_client_addr() AS NULL::VARCHAR;
CREATE MACRO txid_current() AS 1::BIGINT;
CREATE MACRO _oid_of(s) AS coalesce(TRY_CAST(s AS BIGINT), CASE replace(_text(s), 'pg_catalog.', '')
  WHEN 'pg_class' THEN 1259 WHEN 'pg_type' THEN 1247 WHEN 'pg_proc' THEN 1255 WHEN 'pg_constraint' THEN 2606 WHEN 'pg_namespace' THEN 2615
  WHEN 'pg_database' THEN 1262 WHEN 'pg_attribute' THEN 1249 WHEN 'pg_attrdef' THEN 2604 WHEN 'pg_trigger' THEN 2620 WHEN 'pg_extension' THEN 3079
  WHEN 'pg_authid' THEN 1260 WHEN 'pg_index' THEN 2610 WHEN 'pg_rewrite' THEN 2618 END, (SELECT first(t.oid) FROM _tables t
  WHERE t.name = regexp_replace(replace(_text(s), '"', ''), '^(main|public)\.', '')));
CREATE MACRO to_regclass(s) AS _oid_of(s);
CREATE MACRO _name_of(o) AS coalesce((SELECT first(quote_ident(t.name)) FROM _tables t WHERE _text(t.oid) = _text(o)), _text(o));
CREATE MACRO _type_of(o) AS coalesce((SELECT first(p._sql) FROM pg_type p WHERE _text(p.oid) = _text(o)), _text(o));
CREATE MACRO _type_oid_of(s) AS coalesce(TRY_CAST(s AS BIGINT), (SELECT first(p.oid) FROM pg_type p WHERE p.typname = lower(_text(s)) OR p._sql = lower(_text(s))));
CREATE MACRO _schema_of(o) AS coalesce((SELECT first(n.nspname) FROM pg_namespace n WHERE _text(n.oid) = _text(o)), _text(o));
CREATE MACRO _schema_oid_of(s) AS coalesce(TRY_CAST(s AS BIGINT), (SELECT first(n.oid) FROM pg_namespace n WHERE n.nspname = _text(s)));
CREATE MACRO _setting(settings, name) AS json_extract_string(settings, '$."' || lower(name) || '"');
CREATE MACRO to_regtype(s) AS _type_oid_of(s);
CREATE MACRO to_regnamespace(s) AS _schema_oid_of(s);
CREATE MACRO pg_collation_is_visible(o) AS true;
CREATE MACRO pg_opclass_is_visible(o) AS true;
CREATE MACRO pg_operator_is_visible(o) AS true;
CREATE MACRO pg_conversion_is_visible(o) AS true;
CREATE MACRO pg_statistics_obj_is_visible(o) AS true;
CREATE MACRO pg_get_partition_constraintdef(o) AS NULL::VARCHAR;
CREATE MACRO pg_get_function_sqlbody(o) AS NULL::VARCHAR;
CREATE MACRO pg_index_column_has_property(a, b, c) AS false;
CREATE MACRO pg_indexam_has_property(a, b) AS false;
CREATE MACRO pg_get_keywords() AS TABLE SELECT keyword_name AS word, 'U' AS catcode, 'unreserved' AS catdesc FROM duckdb_keywords();
CREATE MACRO _pg_expandarray(a) AS unnest([{'x': e, 'n': i} FOR e, i IN a]);

-- The information schema.
CREATE VIEW info.schemata AS SELECT _database() AS catalog_name, nspname AS schema_name, 'millrace' AS schema_owner,
  NULL::VARCHAR AS default_character_set_catalog, NULL::VARCHAR AS default_character_set_schema, NULL::VARCHAR AS default_character_set_name, NULL::VARCHAR AS sql_path FROM pg_namespace;
CREATE VIEW info.tables AS SELECT _database() AS table_catalog, 'main' AS table_schema, name AS table_name, 'BASE TABLE' AS table_type,
  NULL::VARCHAR AS self_referencing_column_name, NULL::VARCHAR AS reference_generation, NULL::VARCHAR AS user_defined_type_catalog,
  NULL::VARCHAR AS user_defined_type_schema, NULL::VARCHAR AS user_defined_type_name, 'NO' AS is_insertable_into, 'NO' AS is_typed,
  NULL::VARCHAR AS commit_action, comment AS table_comment FROM _tables;
CREATE VIEW info.columns AS SELECT _database() AS table_catalog, 'main' AS table_schema, t.name AS table_name, c.name AS column_name,
  c.num::INTEGER AS ordinal_position, NULL::VARCHAR AS column_default, 'YES' AS is_nullable, p._sql AS data_type,
  NULL::INTEGER AS character_maximum_length, NULL::INTEGER AS character_octet_length,
  CASE WHEN c.typ = 1700 THEN (c.mod - 4) >> 16 WHEN c.typ = 20 THEN 64 WHEN c.typ = 23 THEN 32 WHEN c.typ = 21 THEN 16 WHEN c.typ = 701 THEN 53 END::INTEGER AS numeric_precision,
  CASE WHEN c.typ = 1700 THEN 10 WHEN c.typ IN (20, 21, 23, 701) THEN 2 END::INTEGER AS numeric_precision_radix,
  CASE WHEN c.typ = 1700 THEN (c.mod - 4) & 65535 WHEN c.typ IN (20, 21, 23) THEN 0 END::INTEGER AS numeric_scale,
  CASE WHEN c.typ IN (1114, 1184) THEN 6 END::INTEGER AS datetime_precision, NULL::VARCHAR AS interval_type, NULL::INTEGER AS interval_precision,
  NULL::VARCHAR AS character_set_name, NULL::VARCHAR AS collation_name, NULL::VARCHAR AS domain_name, _database() AS udt_catalog, 'pg_catalog' AS udt_schema,
  p.typname AS udt_name, _text(c.num) AS dtd_identifier, 'NO' AS is_self_referencing, 'NO' AS is_identity, NULL::VARCHAR AS identity_generation,
  'NEVER' AS is_generated, NULL::VARCHAR AS generation_expression, 'NO' AS is_updatable, c.comment AS column_comment
FROM _columns c JOIN _tables t ON t.oid = c.oid JOIN pg_type p ON p.oid = c.typ;
CREATE TABLE info.views (table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, view_definition VARCHAR, check_option VARCHAR, is_updatable VARCHAR, is_insertable_into VARCHAR);
CREATE TABLE info.table_constraints (constraint_catalog VARCHAR, constraint_schema VARCHAR, constraint_name VARCHAR, table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, constraint_type VARCHAR, is_deferrable VARCHAR, initially_deferred VARCHAR, enforced VARCHAR);
CREATE TABLE info.key_column_usage (constraint_catalog VARCHAR, constraint_schema VARCHAR, constraint_name VARCHAR, table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR, ordinal_position INTEGER, position_in_unique_constraint INTEGER);
CREATE TABLE info.constraint_column_usage (table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR, constraint_catalog VARCHAR, constraint_schema VARCHAR, constraint_name VARCHAR);
CREATE TABLE info.referential_constraints (constraint_catalog VARCHAR, constraint_schema VARCHAR, constraint_name VARCHAR, unique_constraint_catalog VARCHAR, unique_constraint_schema VARCHAR, unique_constraint_name VARCHAR, match_option VARCHAR, update_rule VARCHAR, delete_rule VARCHAR);
CREATE TABLE info.sequences (sequence_catalog VARCHAR, sequence_schema VARCHAR, sequence_name VARCHAR, data_type VARCHAR);
CREATE TABLE info.routines (specific_catalog VARCHAR, specific_schema VARCHAR, specific_name VARCHAR, routine_catalog VARCHAR, routine_schema VARCHAR, routine_name VARCHAR, routine_type VARCHAR, data_type VARCHAR);
CREATE TABLE info.parameters (specific_catalog VARCHAR, specific_schema VARCHAR, specific_name VARCHAR, ordinal_position INTEGER, parameter_mode VARCHAR, parameter_name VARCHAR, data_type VARCHAR);
CREATE TABLE info.triggers (trigger_catalog VARCHAR, trigger_schema VARCHAR, trigger_name VARCHAR, event_object_schema VARCHAR, event_object_table VARCHAR);
CREATE VIEW info.table_privileges AS SELECT 'millrace' AS grantor, 'millrace' AS grantee, table_catalog, table_schema, table_name, 'SELECT' AS privilege_type, 'NO' AS is_grantable, 'YES' AS with_hierarchy FROM info.tables;
CREATE VIEW info.role_table_grants AS SELECT * FROM info.table_privileges;
CREATE VIEW info.column_privileges AS SELECT 'millrace' AS grantor, 'millrace' AS grantee, table_catalog, table_schema, table_name, column_name, 'SELECT' AS privilege_type, 'NO' AS is_grantable FROM info.columns;
CREATE VIEW info.role_column_grants AS SELECT * FROM info.column_privileges;
CREATE VIEW info.character_sets AS SELECT NULL::VARCHAR AS character_set_catalog, NULL::VARCHAR AS character_set_schema, 'UTF8' AS character_set_name, 'UCS' AS character_repertoire,
  'UTF8' AS form_of_use, _database() AS default_collate_catalog, 'pg_catalog' AS default_collate_schema, 'C' AS default_collate_name;
CREATE VIEW info.enabled_roles AS SELECT rolname AS role_name FROM pg_roles;
CREATE VIEW info.information_schema_catalog_name AS SELECT _database() AS catalog_name;
CREATE TABLE info.applicable_roles (grantee VARCHAR, role_name VARCHAR, is_grantable VARCHAR);
CREATE TABLE info.check_constraints (constraint_catalog VARCHAR, constraint_schema VARCHAR, constraint_name VARCHAR, check_clause VARCHAR);
CREATE TABLE info.collations (collation_catalog VARCHAR, collation_schema VARCHAR, collation_name VARCHAR, pad_attribute VARCHAR);
CREATE TABLE info.domains (domain_catalog VARCHAR, domain_schema VARCHAR, domain_name VARCHAR, data_type VARCHAR, domain_default VARCHAR, udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR);
CREATE TABLE info.element_types (object_catalog VARCHAR, object_schema VARCHAR, object_name VARCHAR, object_type VARCHAR, collection_type_identifier VARCHAR, data_type VARCHAR, udt_catalog VARCHAR, udt_schema VARCHAR, udt_name VARCHAR);
CREATE TABLE info.usage_privileges (grantor VARCHAR, grantee VARCHAR, object_catalog VARCHAR, object_schema VARCHAR, object_name VARCHAR, object_type VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE info.routine_privileges (grantor VARCHAR, grantee VARCHAR, specific_catalog VARCHAR, specific_schema VARCHAR, specific_name VARCHAR, routine_catalog VARCHAR, routine_schema VARCHAR, routine_name VARCHAR, privilege_type VARCHAR, is_grantable VARCHAR);
CREATE TABLE info.view_table_usage (view_catalog VARCHAR, view_schema VARCHAR, view_name VARCHAR, table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR);
CREATE TABLE info.view_column_usage (view_catalog VARCHAR, view_schema VARCHAR, view_name VARCHAR, table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, column_name VARCHAR);
CREATE VIEW _shown AS SELECT name FROM _tables ORDER BY name;
CREATE TABLE pg_opfamily (oid BIGINT, opfmethod BIGINT, opfname VARCHAR, opfnamespace BIGINT, opfowner BIGINT);
CREATE TABLE pg_conversion (oid BIGINT, conname VARCHAR, connamespace BIGINT);
CREATE TABLE pg_ts_config (oid BIGINT, cfgname VARCHAR, cfgnamespace BIGINT);
CREATE TABLE pg_subscription (oid BIGINT, subname VARCHAR);
