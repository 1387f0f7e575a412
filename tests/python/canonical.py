"""Rows as text that every engine spells alike; the rules are those of the Java oracle's `CanonicalText`."""

import datetime
import decimal
import math
import re

import pyarrow as pa

EPOCH = datetime.datetime(1970, 1, 1)
DOUBLE = decimal.Context(prec=17, rounding=decimal.ROUND_HALF_EVEN)
FLOAT = decimal.Context(prec=9, rounding=decimal.ROUND_HALF_EVEN)
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
ESCAPED = re.compile(r'["\\\x00-\x1f]')


def rows(table, fields):
    """The rows of an Arrow table whose columns are these Paimon fields."""
    columns = [column(table.column(field.name), str(field.type)) for field in fields]
    return ["(" + ", ".join(row) + ")" for row in zip(*columns)]


def column(values, paimon_type):
    """One text for each value."""
    spell = speller(values.type, paimon_type.upper())
    if pa.types.is_timestamp(values.type) or pa.types.is_time(values.type):
        values = values.cast(pa.int64() if values.type.bit_width == 64 else pa.int32())
    return ["null" if value is None else spell(value) for value in values.to_pylist()]


def speller(arrow_type, paimon_type):
    if pa.types.is_boolean(arrow_type):
        return lambda value: "true" if value else "false"
    if pa.types.is_integer(arrow_type):
        return str
    if pa.types.is_floating(arrow_type):
        digits = FLOAT if arrow_type.bit_width == 32 else DOUBLE
        return lambda value: floating_point(value, digits)
    if pa.types.is_decimal(arrow_type):
        return lambda value: format(value, "f")
    if pa.types.is_string(arrow_type) or pa.types.is_large_string(arrow_type):
        return quoted
    if pa.types.is_binary(arrow_type) or pa.types.is_large_binary(arrow_type) or pa.types.is_fixed_size_binary(arrow_type):
        return lambda value: f"x'{value.hex()}'"
    if pa.types.is_date(arrow_type):
        return lambda value: value.isoformat()
    if pa.types.is_time(arrow_type):
        digits, per_second = precision(paimon_type, 0), UNITS[arrow_type.unit]
        return lambda value: timestamp(value, per_second, digits)[11:]
    if pa.types.is_timestamp(arrow_type):
        digits, per_second = precision(paimon_type, 6), UNITS[arrow_type.unit]
        return lambda value: timestamp(value, per_second, digits)
    raise ValueError(f"no canonical text of {paimon_type} ({arrow_type})")


def precision(paimon_type, otherwise):
    found = re.search(r"\((\d+)\)", paimon_type)
    return int(found.group(1)) if found else otherwise


def floating_point(value, digits):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    return str(digits.plus(decimal.Decimal(value)).normalize(digits))


def quoted(value):
    def escape(found):
        c = found.group()
        return "\\" + c if c in '"\\' else f"\\u{ord(c):04x}"

    return '"' + ESCAPED.sub(escape, value) + '"'


def timestamp(value, per_second, digits):
    seconds, fraction = divmod(value, per_second)
    text = (EPOCH + datetime.timedelta(seconds=seconds)).isoformat()
    if digits == 0:
        return text
    nanos = fraction * (10**9 // per_second)
    return f"{text}.{nanos:09d}"[: len(text) + 1 + digits]
