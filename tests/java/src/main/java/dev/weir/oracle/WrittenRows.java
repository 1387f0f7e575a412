package dev.weir.oracle;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.paimon.codegen.CodeGenUtils;
import org.apache.paimon.codegen.Projection;
import org.apache.paimon.data.GenericRow;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.types.RowKind;
import org.apache.paimon.types.RowType;

/**
 * What a table must hold after its only writer, by partition: the last row of every key, or all rows of a table without
 * a primary key. Columns are only ever added.
 */
final class WrittenRows {
    private final RowType partitionType;
    private final Projection partition;
    private final RowType keyType;
    private final Projection key;
    private final boolean hasKey;
    private final Map<String, Map<String, GenericRow>> rows = new TreeMap<>();
    private long applied;

    WrittenRows(FileStoreTable table) {
        RowType type = table.rowType();
        int[] partitionColumns = type.getFieldIndices(table.partitionKeys());
        partitionType = type.project(partitionColumns);
        partition = CodeGenUtils.newProjection(type, partitionColumns);
        int[] keyColumns = type.getFieldIndices(table.primaryKeys());
        keyType = type.project(keyColumns);
        hasKey = keyColumns.length > 0;
        key = CodeGenUtils.newProjection(type, keyColumns);
    }

    /** Inserts and deletes, in order. */
    void apply(List<GenericRow> changes) {
        for (GenericRow row : changes) {
            Map<String, GenericRow> ofPartition = rows.computeIfAbsent(partition(row), ignored -> new TreeMap<>());
            String rowKey = hasKey ? CanonicalText.row(key.apply(row), keyType) : Long.toString(applied++);
            if (row.getRowKind() == RowKind.DELETE) {
                ofPartition.remove(rowKey);
            } else {
                ofPartition.put(rowKey, row);
            }
        }
    }

    /** INSERT OVERWRITE: the partitions of the new rows hold nothing else afterwards. */
    void replacePartitions(List<GenericRow> changes) {
        changes.forEach(row -> rows.remove(partition(row)));
        apply(changes);
    }

    /** Canonical text of all rows, sorted; columns that a row was written without are null. */
    Stream<String> texts(RowType type) {
        return rows.values().stream()
                .flatMap(ofPartition -> ofPartition.values().stream())
                .map(row -> CanonicalText.row(widened(row, type.getFieldCount()), type))
                .sorted();
    }

    private String partition(GenericRow row) {
        return CanonicalText.row(partition.apply(row), partitionType);
    }

    private static GenericRow widened(GenericRow row, int columns) {
        GenericRow wide = new GenericRow(columns);
        for (int i = 0; i < row.getFieldCount(); i++) {
            wide.setField(i, row.getField(i));
        }
        return wide;
    }
}
