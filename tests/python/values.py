"""JSON to Arrow: decimals, dates, times and timestamps are ISO strings, binary is hex, NaN and Infinity are strings."""

import datetime
import decimal

import pyarrow as pa
from pypaimon.schema.data_types import PyarrowFieldParser


def record_batch(table, rows):
    """Rows of JSON values in the order of the table's columns."""
    schema = PyarrowFieldParser.from_paimon_schema(table.fields)
    columns = [
        pa.array([None if row[i] is None else value(row[i], field.type) for row in rows], field.type)
        for i, field in enumerate(schema)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def value(json, arrow_type):
    if pa.types.is_floating(arrow_type):
        return float(json)
    if pa.types.is_integer(arrow_type):
        return int(json)
    if pa.types.is_decimal(arrow_type):
        return decimal.Decimal(json)
    if pa.types.is_binary(arrow_type) or pa.types.is_fixed_size_binary(arrow_type):
        return bytes.fromhex(json)
    if pa.types.is_date(arrow_type):
        return datetime.date.fromisoformat(json)
    if pa.types.is_time(arrow_type):
        return datetime.time.fromisoformat(json)
    if pa.types.is_timestamp(arrow_type):
        return timestamp(json, arrow_type.unit)
    return json


def timestamp(text, unit):
    """Ticks since the epoch; `datetime` would lose nanoseconds."""
    instant, _, fraction = text.partition(".")
    seconds = int(datetime.datetime.fromisoformat(instant).replace(tzinfo=datetime.timezone.utc).timestamp())
    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]
    return seconds * 10**digits + int((fraction + "0" * 9)[:digits] or 0)
