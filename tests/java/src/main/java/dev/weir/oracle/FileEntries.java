package dev.weir.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.paimon.codegen.CodeGenUtils;
import org.apache.paimon.codegen.Projection;
import org.apache.paimon.data.BinaryArray;
import org.apache.paimon.data.BinaryRow;
import org.apache.paimon.data.serializer.InternalRowSerializer;
import org.apache.paimon.fs.Path;
import org.apache.paimon.io.CompactIncrement;
import org.apache.paimon.io.DataFileMeta;
import org.apache.paimon.io.DataIncrement;
import org.apache.paimon.manifest.FileSource;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.stats.SimpleStats;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.sink.CommitMessage;
import org.apache.paimon.table.sink.CommitMessageImpl;
import org.apache.paimon.table.sink.TableCommitImpl;
import org.apache.paimon.types.RowType;

/** Commits entries of level-0 files that do not exist: metadata of a large table, without its rows. */
final class FileEntries {
    private static final long FILE_SIZE = 1 << 20;
    private static final long ROWS = 10_000;

    private final Tables tables;

    FileEntries(Tables tables) {
        this.tables = tables;
    }

    /**
     * Request: {@code commits}, each with one file for every bucket, and what {@link RowGenerator} needs for the
     * values in keys and statistics. The table has a primary key and no partitions. With {@code empty} the files exist,
     * without content.
     */
    JsonNode commit(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        Files files = new Files(table, new RowGenerator(table, request));
        int buckets = table.coreOptions().bucket();
        try (TableCommitImpl commit = table.newCommit("oracle")) {
            for (int number = 0; number < Fields.required(request, "commits").asInt(); number++) {
                List<CommitMessage> messages = new ArrayList<>();
                for (int bucket = 0; bucket < buckets; bucket++) {
                    DataFileMeta file = files.file(number);
                    if (Fields.flag(request, "empty")) {
                        Path directory = table.store().pathFactory().bucketPath(BinaryRow.EMPTY_ROW, bucket);
                        table.fileIO().newOutputStream(new Path(directory, file.fileName()), false).close();
                    }
                    DataIncrement added = new DataIncrement(List.of(file), List.of(), List.of());
                    messages.add(new CommitMessageImpl(
                            BinaryRow.EMPTY_ROW, bucket, buckets, added, CompactIncrement.emptyIncrement()));
                }
                commit.commit(number, messages);
            }
        }
        return Main.JSON.createObjectNode().put("snapshotId", table.snapshotManager().latestSnapshotId());
    }

    private static final class Files {
        private final FileStoreTable table;
        private final RowGenerator rows;
        private final InternalRowSerializer serializer;
        private final Projection key;
        private final RowType type;
        private final int keyColumns;

        Files(FileStoreTable table, RowGenerator rows) {
            this.table = table;
            this.rows = rows;
            type = table.rowType();
            serializer = new InternalRowSerializer(type);
            keyColumns = table.primaryKeys().size();
            key = CodeGenUtils.newProjection(type, type.getFieldIndices(table.primaryKeys()));
        }

        DataFileMeta file(int number) {
            BinaryRow one = serializer.toBinaryRow(rows.next()).copy();
            BinaryRow other = serializer.toBinaryRow(rows.next()).copy();
            BinaryRow oneKey = key.apply(one).copy();
            BinaryRow otherKey = key.apply(other).copy();
            boolean ordered = oneKey.getLong(0) <= otherKey.getLong(0);
            BinaryRow minKey = ordered ? oneKey : otherKey;
            BinaryRow maxKey = ordered ? otherKey : oneKey;
            return DataFileMeta.create(
                    "data-" + UUID.randomUUID() + "-0.parquet",
                    FILE_SIZE,
                    ROWS,
                    minKey,
                    maxKey,
                    new SimpleStats(minKey, maxKey, nullCounts(keyColumns)),
                    new SimpleStats(one, other, nullCounts(type.getFieldCount())),
                    number * ROWS,
                    (number + 1) * ROWS - 1,
                    table.schema().id(),
                    0,
                    0L,
                    null,
                    FileSource.APPEND,
                    null,
                    null,
                    null);
        }

        private static BinaryArray nullCounts(int columns) {
            Long[] counts = new Long[columns];
            Arrays.fill(counts, 0L);
            return BinaryArray.fromLongArray(counts);
        }
    }
}
