"""pypaimon as writer, reader and judge of test tables.

Answers one JSON request per line of standard input with one JSON line on standard output, until the input ends.
An answer is {"ok": ...} or {"error": "what went wrong, with its causes"}. The requests are those of the Java oracle
that pypaimon can serve; `table` is a path or URI, `storage` the options of the file system.
"""

import json
import os
import sys

from pypaimon.common.file_io import FileIO
from pypaimon.common.options import Options
from pypaimon.schema.data_types import DataField, DataTypeParser
from pypaimon.schema.schema import Schema
from pypaimon.schema.schema_manager import SchemaManager
from pypaimon.table.file_store_table import FileStoreTable

import canonical
from values import record_batch
from writer import BackgroundWriter

WRITERS = {}


def open_table(request):
    table = FileStoreTable.from_path(request["table"], request.get("storage"))
    options = request.get("options") or {}
    return table.copy(options) if options else table


def travel(request):
    table = open_table(request)
    if request.get("snapshot") is not None:
        return table.copy({"scan.snapshot-id": str(request["snapshot"])})
    if request.get("tag") is not None:
        return table.copy({"scan.tag-name": request["tag"]})
    return table


def create(request):
    columns = enumerate(request["columns"])
    fields = [DataField(i, column["name"], DataTypeParser.parse_data_type(column["type"])) for i, column in columns]
    schema = Schema(
        fields=fields,
        partition_keys=request.get("partitionKeys") or [],
        primary_keys=request.get("primaryKeys") or [],
        options=request.get("tableOptions") or {},
    )
    file_io = FileIO.get(request["table"], Options(request.get("storage") or {}))
    return {"schemaId": SchemaManager(file_io, request["table"]).create_table(schema).id}


def write(request):
    """`rows: [{values}]`; all rows are inserts, pypaimon writes no other kind."""
    kinds = {row.get("kind", "+I") for row in request["rows"]}
    if kinds - {"+I"}:
        raise ValueError(f"pypaimon writes only +I, not {sorted(kinds)}")
    table = open_table(request)
    builder = table.new_batch_write_builder()
    if request.get("overwrite") is not None:
        builder = builder.overwrite(request["overwrite"])
    writer, commit = builder.new_write(), builder.new_commit()
    try:
        writer.write_arrow_batch(record_batch(table, [row["values"] for row in request["rows"]]))
        commit.commit(writer.prepare_commit())
    finally:
        writer.close()
        commit.close()
    return {"snapshotId": table.snapshot_manager().get_latest_snapshot().id}


def read(request):
    """Answer: `columns` and `rows` (sorted canonical text)."""
    table = travel(request)
    builder = table.new_read_builder()
    arrow = builder.new_read().to_arrow(builder.new_scan().plan().splits())
    rows = canonical.rows(arrow, table.fields)
    rows.sort(key=lambda row: row.encode("utf-16-be", "surrogatepass"))
    return {"columns": [field.name for field in table.fields], "rows": rows}


def snapshots(request):
    manager = open_table(request).snapshot_manager()
    latest = manager.get_latest_snapshot()
    found = [manager.get_snapshot_by_id(i) for i in range(1, latest.id + 1)] if latest else []
    return [
        {
            "id": snapshot.id,
            "kind": snapshot.commit_kind,
            "user": snapshot.commit_user,
            "identifier": snapshot.commit_identifier,
            "schemaId": snapshot.schema_id,
            "timeMillis": snapshot.time_millis,
            "totalRecordCount": snapshot.total_record_count,
            "deltaRecordCount": snapshot.delta_record_count,
        }
        for snapshot in found
        if snapshot is not None
    ]


def create_tag(request):
    open_table(request).create_tag(request["tag"], request.get("snapshot"))
    return {}


def start_writer(request):
    """`everyMillis, rowsPerCommit, seed, keys` (bound of the first primary key column)."""
    writer = BackgroundWriter(open_table(request), request)
    WRITERS[len(WRITERS) + 1] = writer
    writer.start()
    return {"writer": len(WRITERS)}


def stop_writer(request):
    """Answer: `commits, failures, rows` (the last row of every key that it wrote)."""
    return WRITERS[request["writer"]].stop()


OPERATIONS = {
    "create": create,
    "write": write,
    "read": read,
    "snapshots": snapshots,
    "createTag": create_tag,
    "startWriter": start_writer,
    "stopWriter": stop_writer,
}


def describe(failure):
    text, cause = [], failure
    while cause is not None:
        text.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__ or cause.__context__
    return "\n  caused by ".join(text)


def answer(line):
    try:
        request = json.loads(line)
        return {"ok": OPERATIONS[request["op"]](request)}
    except Exception as failure:  # The judge reports whatever went wrong and goes on.
        return {"error": describe(failure)}


def main():
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Libraries that print must not end up between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        answers.write(json.dumps(answer(line), ensure_ascii=False) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
