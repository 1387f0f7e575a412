package dev.weir.oracle;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.apache.paimon.data.BinaryString;
import org.apache.paimon.data.Decimal;
import org.apache.paimon.data.GenericArray;
import org.apache.paimon.data.GenericMap;
import org.apache.paimon.data.GenericRow;
import org.apache.paimon.data.Timestamp;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.types.ArrayType;
import org.apache.paimon.types.DataType;
import org.apache.paimon.types.DecimalType;
import org.apache.paimon.types.IntType;
import org.apache.paimon.types.MapType;
import org.apache.paimon.types.MultisetType;
import org.apache.paimon.types.RowType;

/**
 * JSON to Paimon's values: decimals, dates, times and timestamps are ISO strings, binary is hex, floating point may be
 * {@code "NaN"}, {@code "Infinity"} or {@code "-Infinity"}, maps and multisets are arrays of pairs, rows are arrays.
 */
final class Values {
    private Values() {}

    static GenericRow row(JsonNode values, RowType type) {
        if (values.size() != type.getFieldCount()) {
            throw new IllegalArgumentException(values + " has not one value for each of " + type.getFieldNames());
        }
        GenericRow row = new GenericRow(values.size());
        for (int i = 0; i < values.size(); i++) {
            row.setField(i, value(values.get(i), type.getTypeAt(i)));
        }
        return row;
    }

    static Object value(JsonNode json, DataType type) {
        if (json.isNull()) {
            return null;
        }
        String text = json.asText();
        return switch (type.getTypeRoot()) {
            case BOOLEAN -> json.asBoolean();
            case TINYINT -> Byte.parseByte(text);
            case SMALLINT -> Short.parseShort(text);
            case INTEGER -> Integer.parseInt(text);
            case BIGINT -> Long.parseLong(text);
            case FLOAT -> Float.parseFloat(text);
            case DOUBLE -> Double.parseDouble(text);
            case CHAR, VARCHAR -> BinaryString.fromString(text);
            case BINARY, VARBINARY -> HexFormat.of().parseHex(text);
            case DECIMAL -> decimal(text, (DecimalType) type);
            case DATE -> (int) LocalDate.parse(text).toEpochDay();
            case TIME_WITHOUT_TIME_ZONE -> (int) (LocalTime.parse(text).toNanoOfDay() / 1_000_000);
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                Timestamp.fromLocalDateTime(LocalDateTime.parse(text));
            case ARRAY -> array(json, ((ArrayType) type).getElementType());
            case MAP -> map(json, ((MapType) type).getKeyType(), ((MapType) type).getValueType());
            case MULTISET -> map(json, ((MultisetType) type).getElementType(), new IntType());
            case ROW -> row(json, (RowType) type);
            default -> throw new IllegalArgumentException("no values of type " + type.asSQLString());
        };
    }

    private static Decimal decimal(String text, DecimalType type) {
        Decimal value = Decimal.fromBigDecimal(new BigDecimal(text), type.getPrecision(), type.getScale());
        if (value == null) {
            throw new IllegalArgumentException(text + " does not fit " + type.asSQLString());
        }
        return value;
    }

    private static GenericArray array(JsonNode json, DataType element) {
        Object[] values = new Object[json.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(json.get(i), element);
        }
        return new GenericArray(values);
    }

    private static GenericMap map(JsonNode json, DataType key, DataType value) {
        Map<Object, Object> entries = new HashMap<>();
        for (JsonNode pair : json) {
            entries.put(value(pair.get(0), key), value(pair.get(1), value));
        }
        return new GenericMap(entries);
    }
}
