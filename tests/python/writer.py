"""A writer that commits again and again until it is stopped, and remembers what it wrote."""

import random
import threading

import canonical
import pyarrow as pa
from pypaimon.schema.data_types import PyarrowFieldParser


class BackgroundWriter(threading.Thread):
    """Upserts rows of random integers and strings into a table whose key is its first column."""

    def __init__(self, table, request):
        super().__init__(daemon=True)
        self.table = table
        self.every = request["everyMillis"] / 1000
        self.rows_per_commit = request["rowsPerCommit"]
        self.keys = request["keys"]
        self.random = random.Random(request["seed"])
        self.schema = PyarrowFieldParser.from_paimon_schema(table.fields)
        self.stopped = threading.Event()
        self.last_by_key = {}
        self.commits = 0
        self.failures = []

    def run(self):
        try:
            while not self.stopped.is_set():
                self.commit_once()
                self.stopped.wait(self.every)
        except Exception as failure:  # Reported when the writer is stopped.
            self.failures.append(f"{type(failure).__name__}: {failure}")

    def commit_once(self):
        batch = self.batch()
        builder = self.table.new_batch_write_builder()
        writer, commit = builder.new_write(), builder.new_commit()
        try:
            writer.write_arrow_batch(batch)
            commit.commit(writer.prepare_commit())
        finally:
            writer.close()
            commit.close()
        keys = batch.column(0).to_pylist()
        self.last_by_key.update(zip(keys, canonical.rows(pa.Table.from_batches([batch]), self.table.fields)))
        self.commits += 1

    def batch(self):
        keys = self.random.sample(range(self.keys), self.rows_per_commit)
        columns = [pa.array(keys, self.schema.field(0).type)]
        for field in list(self.schema)[1:]:
            numbers = [self.random.randrange(1000) for _ in keys]
            values = [f"value {n}" for n in numbers] if pa.types.is_string(field.type) else numbers
            columns.append(pa.array(values).cast(field.type))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def stop(self):
        self.stopped.set()
        self.join()
        rows = sorted(self.last_by_key.values())
        return {"commits": self.commits, "failures": self.failures, "rows": rows}
