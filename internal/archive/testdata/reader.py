"""Reads tables of the lake with pyiceberg: a JSON request a line in, an answer a line out."""

import json
import sys

import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.catalog import load_catalog

catalog = load_catalog("millrace", **json.loads(sys.argv[1]))


def scan(request):
    """Counts the rows of a table, and sums columns, as it is or was at a snapshot or tag."""
    table = catalog.load_table(request["table"])
    snapshot = request.get("snapshot")
    if ref := request.get("ref"):
        snapshot = table.metadata.refs[ref].snapshot_id
    # By its own schema, a snapshot has the columns that it had then.
    rows = table.scan(snapshot_id=int(snapshot) if snapshot else None).to_arrow()
    answer = {"rows": rows.num_rows, "columns": rows.column_names}
    for name in request.get("sum", []):
        total = pc.sum(rows[name]).as_py()
        answer["sum " + name] = int(total.scaleb(6))  # money, in millionths
    for name in request.get("distinct", []):
        answer["distinct " + name] = pc.count_distinct(rows[name]).as_py()
    return answer


def inspect(request):
    """Validates a file: all of it is read, and its footer is described."""
    file = pq.ParquetFile(request["file"])
    rows = file.read()
    rows.validate(full=True)
    meta = file.metadata
    chunks = [meta.row_group(g).column(c) for g in range(meta.num_row_groups) for c in range(meta.num_columns)]
    return {
        "rows": rows.num_rows,
        "claimed": meta.num_rows,
        "compressions": sorted({c.compression for c in chunks}),
        "dictionaries": sorted({c.path_in_schema for c in chunks if c.has_dictionary_page}),
        "statistics": all(c.is_stats_set for c in chunks if c.num_values and c.physical_type != "BOOLEAN"),
        "ids": sorted(int(f.metadata[b"PARQUET:field_id"]) for f in file.schema_arrow),
    }


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = inspect(request) if "file" in request else scan(request)
    except Exception as e:  # the test says what went wrong
        answer = {"error": f"{type(e).__name__}: {e}"}
    print(json.dumps(answer), flush=True)
