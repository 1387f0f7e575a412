package dev.weir.oracle;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.paimon.data.DataGetters;
import org.apache.paimon.data.InternalArray;
import org.apache.paimon.data.InternalMap;
import org.apache.paimon.data.InternalRow;
import org.apache.paimon.types.ArrayType;
import org.apache.paimon.types.DataType;
import org.apache.paimon.types.DataTypeChecks;
import org.apache.paimon.types.DecimalType;
import org.apache.paimon.types.MapType;
import org.apache.paimon.types.MultisetType;
import org.apache.paimon.types.IntType;
import org.apache.paimon.types.RowType;

/**
 * Rows as text that every engine spells alike, so that rows are equal exactly when their texts are.
 *
 * <p>{@code (1, "text", 1.5, null)}: columns in schema order; strings quoted with JSON's escapes for the quote, the
 * backslash and what is below U+0020; decimals with their scale; floating point by value with 17 (FLOAT: 9) significant
 * digits; dates, times and timestamps in ISO form with the digits of their precision; binary as hex; maps and multisets
 * as pairs sorted by their text.
 */
final class CanonicalText {
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");
    private static final MathContext DOUBLE = new MathContext(17, RoundingMode.HALF_EVEN);
    private static final MathContext FLOAT = new MathContext(9, RoundingMode.HALF_EVEN);

    private CanonicalText() {}

    static String row(InternalRow row, RowType type) {
        StringBuilder text = new StringBuilder();
        appendRow(text, row, type);
        return text.toString();
    }

    private static void appendRow(StringBuilder text, InternalRow row, RowType type) {
        text.append('(');
        for (int i = 0; i < type.getFieldCount(); i++) {
            text.append(i > 0 ? ", " : "");
            append(text, row, i, type.getTypeAt(i));
        }
        text.append(')');
    }

    private static void append(StringBuilder text, DataGetters data, int i, DataType type) {
        if (data.isNullAt(i)) {
            text.append("null");
            return;
        }
        switch (type.getTypeRoot()) {
            case BOOLEAN -> text.append(data.getBoolean(i));
            case TINYINT -> text.append(data.getByte(i));
            case SMALLINT -> text.append(data.getShort(i));
            case INTEGER -> text.append(data.getInt(i));
            case BIGINT -> text.append(data.getLong(i));
            case FLOAT -> text.append(floatingPoint(data.getFloat(i), FLOAT));
            case DOUBLE -> text.append(floatingPoint(data.getDouble(i), DOUBLE));
            case CHAR, VARCHAR -> appendQuoted(text, data.getString(i).toString());
            case BINARY, VARBINARY -> text.append("x'").append(HexFormat.of().formatHex(data.getBinary(i))).append('\'');
            case DECIMAL -> {
                DecimalType decimal = (DecimalType) type;
                text.append(data.getDecimal(i, decimal.getPrecision(), decimal.getScale()).toBigDecimal().toPlainString());
            }
            case DATE -> text.append(LocalDate.ofEpochDay(data.getInt(i)));
            case TIME_WITHOUT_TIME_ZONE -> appendTime(text, data.getInt(i), DataTypeChecks.getPrecision(type));
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
                int precision = DataTypeChecks.getPrecision(type);
                appendTimestamp(text, data.getTimestamp(i, precision).toLocalDateTime(), precision);
            }
            case ARRAY -> appendArray(text, data.getArray(i), ((ArrayType) type).getElementType());
            case MAP -> appendMap(text, data.getMap(i), ((MapType) type).getKeyType(), ((MapType) type).getValueType());
            case MULTISET -> appendMap(text, data.getMap(i), ((MultisetType) type).getElementType(), new IntType());
            case ROW -> appendRow(text, data.getRow(i, ((RowType) type).getFieldCount()), (RowType) type);
            default -> throw new IllegalArgumentException("no canonical text of " + type.asSQLString());
        }
    }

    private static String floatingPoint(double value, MathContext digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.toString(value);
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        return new BigDecimal(value).round(digits).stripTrailingZeros().toString();
    }

    private static void appendQuoted(StringBuilder text, String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ') {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    private static void appendTime(StringBuilder text, int millis, int precision) {
        LocalTime time = LocalTime.ofNanoOfDay(millis * 1_000_000L);
        text.append(time.format(DateTimeFormatter.ofPattern("HH:mm:ss")));
        appendFraction(text, time.getNano(), precision);
    }

    private static void appendTimestamp(StringBuilder text, LocalDateTime time, int precision) {
        text.append(time.format(SECONDS));
        appendFraction(text, time.getNano(), precision);
    }

    private static void appendFraction(StringBuilder text, int nanos, int precision) {
        if (precision > 0) {
            text.append('.').append(String.format("%09d", nanos), 0, precision);
        }
    }

    private static void appendArray(StringBuilder text, InternalArray array, DataType element) {
        text.append('[');
        for (int i = 0; i < array.size(); i++) {
            text.append(i > 0 ? ", " : "");
            append(text, array, i, element);
        }
        text.append(']');
    }

    private static void appendMap(StringBuilder text, InternalMap map, DataType key, DataType value) {
        List<String> pairs = new ArrayList<>();
        InternalArray keys = map.keyArray();
        InternalArray values = map.valueArray();
        for (int i = 0; i < map.size(); i++) {
            StringBuilder pair = new StringBuilder();
            append(pair, keys, i, key);
            pair.append(": ");
            append(pair, values, i, value);
            pairs.add(pair.toString());
        }
        pairs.sort(null);
        text.append('{').append(String.join(", ", pairs)).append('}');
    }
}
