package dev.weir.oracle;

import java.util.List;
import java.util.Map;
import org.apache.paimon.Snapshot;
import org.apache.paimon.data.GenericRow;
import org.apache.paimon.disk.IOManager;
import org.apache.paimon.manifest.ManifestCommittable;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.stats.Statistics;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.sink.BatchTableCommit;
import org.apache.paimon.table.sink.CommitMessage;
import org.apache.paimon.table.sink.TableCommitImpl;
import org.apache.paimon.table.sink.TableWriteImpl;
import org.apache.paimon.types.RowKind;

/** Writes rows, one commit for each request. */
final class Writing {
    private static final String COMMIT_USER = "oracle";

    private final Tables tables;

    Writing(Tables tables) {
        this.tables = tables;
    }

    /**
     * Request: {@code rows: [{kind: "+I", values: […]}]}, and optionally {@code overwrite: {partition column: value}}
     * (replaces what is there), {@code bucket} (for tables whose rows do not decide it), {@code user}.
     */
    JsonNode write(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        return commit(table, request, writer -> {
            for (JsonNode json : Fields.required(request, "rows")) {
                GenericRow row = Values.row(Fields.required(json, "values"), table.rowType());
                row.setRowKind(RowKind.fromShortString(Fields.text(json, "kind", "+I")));
                if (Fields.has(request, "bucket")) {
                    writer.write(row, request.get("bucket").asInt());
                } else {
                    writer.write(row);
                }
            }
        });
    }

    /** Request: {@code rows: n} and what {@link RowGenerator} needs. */
    JsonNode generate(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        RowGenerator generator = new RowGenerator(table, request);
        return commit(table, request, writer -> {
            long rows = Fields.required(request, "rows").asLong();
            for (long i = 0; i < rows; i++) {
                writer.write(generator.next());
            }
        });
    }

    /**
     * Commits statistics of the table, then a watermark and a property without any row. Request: {@code watermark: millis},
     * {@code property: text}.
     */
    JsonNode annotate(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        try (TableCommitImpl commit = table.newCommit(COMMIT_USER)) {
            Snapshot latest = table.latestSnapshot().orElseThrow();
            long rows = latest.totalRecordCount();
            commit.updateStatistics(new Statistics(latest.id(), table.schema().id(), rows, rows));
            ManifestCommittable committable =
                    new ManifestCommittable(latest.id(), Fields.required(request, "watermark").asLong());
            committable.addProperty("oracle", Fields.text(request, "property"));
            commit.ignoreEmptyCommit(false).commit(committable);
        }
        return latest(table);
    }

    /** Request: {@code partitions: [{partition column: value}]}. */
    JsonNode truncatePartition(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        try (BatchTableCommit commit = table.newBatchWriteBuilder().newCommit()) {
            commit.truncatePartitions(List.of(Fields.texts(request, "partition")));
        }
        return latest(table);
    }

    @FunctionalInterface
    private interface Rows {
        void writeTo(TableWriteImpl<?> writer) throws Exception;
    }

    private static JsonNode commit(FileStoreTable table, JsonNode request, Rows rows) throws Exception {
        String user = Fields.text(request, "user", COMMIT_USER);
        Map<String, String> overwritten =
                Fields.has(request, "overwrite") ? Fields.texts(request, "overwrite") : null;
        try (IOManager spill = Tables.spillDirectory();
                TableWriteImpl<?> writer = table.newWrite(user).withIOManager(spill);
                TableCommitImpl commit = table.newCommit(user)) {
            writer.withIgnorePreviousFiles(overwritten != null);
            rows.writeTo(writer);
            List<CommitMessage> messages = writer.prepareCommit();
            commit.withOverwrite(overwritten).commit(messages);
        }
        return latest(table);
    }

    private static JsonNode latest(FileStoreTable table) {
        return Main.JSON.createObjectNode().put("snapshotId", table.snapshotManager().latestSnapshotId());
    }
}
