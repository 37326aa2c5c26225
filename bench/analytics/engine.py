"""One analytical engine beside Millrace: takes requests as lines of JSON and answers in lines of JSON.

  {"do": "export", "database": FILE, "folder": DIR}  writes the rows of a stopped Millrace as Parquet
  {"do": "load", "folder": DIR}                      makes tables of these files
  {"do": "run", "sql": TEXT, "over": "tables"}       answers seconds, rows, and the sum of all numbers;
                                                     over "files" DuckDB reads the Parquet
"""

import json
import re
import sys
import time
from decimal import Decimal

TABLES = ("events", "order_lines")
NUMBER = re.compile(r"^-?\d+(\.\d+)?([eE][-+]?\d+)?$")


def total(rows):
    """The sum of all that is a number, which two engines must agree on."""
    out = 0.0
    for row in rows:
        for cell in row:
            if isinstance(cell, (int, float, Decimal)) or isinstance(cell, str) and NUMBER.match(cell):
                out += float(cell)
    return out


class DuckDB:
    def __init__(self, path):
        import duckdb

        self.duckdb = duckdb
        config = {"threads": 2, "memory_limit": "8GB"}
        self.db = duckdb.connect(path + "/plain.duckdb", config=config)
        self.files = duckdb.connect(config=config)
        for db in (self.db, self.files):
            db.execute("SET TimeZone = 'UTC'")

    def export(self, database, folder):
        db = self.duckdb.connect(database, read_only=True, config={"threads": 2, "memory_limit": "6GB"})
        for table in TABLES:
            db.execute(f"COPY (FROM {table}) TO '{folder}/{table}.parquet' (COMPRESSION zstd)")
        db.close()

    def load(self, folder):
        for table in TABLES:
            self.db.execute(f"CREATE TABLE {table} AS FROM '{folder}/{table}.parquet'")
            self.files.execute(f"CREATE VIEW {table} AS FROM '{folder}/{table}.parquet'")
        self.db.execute("CHECKPOINT")

    def run(self, sql, over):
        db = {"tables": self.db, "files": self.files}[over]
        began = time.perf_counter()
        rows = db.execute(sql).fetchall()
        return time.perf_counter() - began, rows


class ClickHouse:
    def __init__(self, path):
        from chdb import session

        self.db = session.Session(path + "/clickhouse")
        self.db.query("CREATE DATABASE IF NOT EXISTS shop ENGINE = Atomic")
        self.db.query("USE shop")
        self.db.query("SET max_threads = 2")

    def load(self, folder):
        for table in TABLES:
            self.db.query(
                f"CREATE TABLE {table} ENGINE = MergeTree ORDER BY event_time SETTINGS allow_nullable_key = 1"
                f" AS SELECT * FROM file('{folder}/{table}.parquet') SETTINGS session_timezone = 'UTC'"
            )

    def run(self, sql, over):
        began = time.perf_counter()
        answer = self.db.query(sql + " SETTINGS session_timezone = 'UTC', use_query_cache = 0", "JSONCompact")
        text = answer.bytes()
        seconds = time.perf_counter() - began
        return seconds, json.loads(text)["data"]


def main():
    engine = {"duckdb": DuckDB, "clickhouse": ClickHouse}[sys.argv[1]](sys.argv[2])
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            match request.pop("do"):
                case "run":
                    seconds, rows = engine.run(request["sql"], request["over"])
                    answer = {"seconds": seconds, "rows": len(rows), "sum": total(rows)}
                case name:
                    began = time.perf_counter()
                    getattr(engine, name)(**request)
                    answer = {"seconds": time.perf_counter() - began}
        except Exception as e:  # the harness prints it with the query's name
            answer = {"error": str(e)[:2000]}
        print(json.dumps(answer), flush=True)


main()
