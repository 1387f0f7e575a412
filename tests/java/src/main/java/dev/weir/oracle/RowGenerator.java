package dev.weir.oracle;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.apache.paimon.data.BinaryString;
import org.apache.paimon.data.Decimal;
import org.apache.paimon.data.GenericRow;
import org.apache.paimon.data.Timestamp;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.types.DataField;
import org.apache.paimon.types.DataType;
import org.apache.paimon.types.DataTypeChecks;
import org.apache.paimon.types.DecimalType;

/**
 * Random rows of a table, the same for the same seed.
 *
 * <p>A request's {@code seed} decides the rows. Columns take any value of a middling range, or one of {@code distinct},
 * unless {@code generators} names them: {@code {distinct: n}} takes one
 * of n values, {@code {unique: n}} likewise but none twice, {@code {characters: n}} that many random letters;
 * {@code nulls: 0.4} makes that share of the values null.
 */
final class RowGenerator {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final long NOON_OF_2026 = 1_767_268_800_000L;

    private final List<Supplier<Object>> columns = new ArrayList<>();
    private final Random random;

    RowGenerator(FileStoreTable table, JsonNode request) {
        random = new Random(Fields.required(request, "seed").asLong());
        JsonNode generators = request.get("generators");
        JsonNode otherwise = Main.JSON.createObjectNode();
        if (Fields.has(request, "distinct")) {
            otherwise = Main.JSON.createObjectNode().set("distinct", request.get("distinct"));
        }
        for (DataField field : table.rowType().getFields()) {
            JsonNode generator = generators == null ? null : generators.get(field.name());
            columns.add(column(field.type(), generator == null ? otherwise : generator));
        }
    }

    GenericRow next() {
        GenericRow row = new GenericRow(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            row.setField(i, columns.get(i).get());
        }
        return row;
    }

    private Supplier<Object> column(DataType type, JsonNode generator) {
        if (Fields.has(generator, "characters")) {
            int length = generator.get("characters").asInt();
            return () -> letters(length);
        }
        Supplier<Object> values = values(type, numbers(type, generator));
        double nulls = Fields.has(generator, "nulls") ? generator.get("nulls").asDouble() : 0;
        return nulls == 0 ? values : () -> random.nextDouble() < nulls ? null : values.get();
    }

    private Supplier<Integer> numbers(DataType type, JsonNode generator) {
        if (Fields.has(generator, "unique")) {
            int bound = generator.get("unique").asInt();
            BitSet taken = new BitSet(bound);
            return () -> {
                int number = random.nextInt(bound);
                while (taken.get(number)) {
                    number = random.nextInt(bound);
                }
                taken.set(number);
                return number;
            };
        }
        int bound = Fields.has(generator, "distinct") ? generator.get("distinct").asInt() : Integer.MAX_VALUE;
        return () -> random.nextInt(bound);
    }

    private Supplier<Object> values(DataType type, Supplier<Integer> numbers) {
        return switch (type.getTypeRoot()) {
            case BOOLEAN -> () -> numbers.get() % 2 == 0;
            case TINYINT -> () -> (byte) (numbers.get() % 128);
            case SMALLINT -> () -> (short) (numbers.get() % 32_768);
            case INTEGER -> numbers::get;
            case BIGINT -> () -> numbers.get().longValue();
            case FLOAT -> () -> numbers.get() / 7f;
            case DOUBLE -> () -> numbers.get() / 7d;
            case DECIMAL -> {
                DecimalType decimal = (DecimalType) type;
                BigDecimal bound = BigDecimal.TEN.pow(decimal.getPrecision());
                yield () -> Decimal.fromBigDecimal(
                        new BigDecimal(BigDecimal.valueOf(numbers.get()).remainder(bound).toBigInteger(), decimal.getScale()),
                        decimal.getPrecision(),
                        decimal.getScale());
            }
            case CHAR, VARCHAR -> {
                int length = DataTypeChecks.getLength(type);
                yield () -> BinaryString.fromString(last("value " + numbers.get(), length));
            }
            case BINARY, VARBINARY -> {
                int length = DataTypeChecks.getLength(type);
                yield () -> last("value " + numbers.get(), length).getBytes(StandardCharsets.US_ASCII);
            }
            case DATE -> () -> numbers.get() % 20_000;
            case TIME_WITHOUT_TIME_ZONE -> () -> numbers.get() % 86_400_000;
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                () -> Timestamp.fromEpochMillis(NOON_OF_2026 + numbers.get());
            default -> throw new IllegalArgumentException("no random values of type " + type.asSQLString());
        };
    }

    private static String last(String text, int length) {
        return text.substring(Math.max(0, text.length() - length));
    }

    private BinaryString letters(int length) {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) LETTERS.charAt(random.nextInt(LETTERS.length()));
        }
        return BinaryString.fromBytes(text);
    }
}
