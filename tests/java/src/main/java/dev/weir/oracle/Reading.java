package dev.weir.oracle;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.paimon.data.BinaryArray;
import org.apache.paimon.data.BinaryRow;
import org.apache.paimon.data.InternalRow;
import org.apache.paimon.disk.IOManager;
import org.apache.paimon.io.DataFileMeta;
import org.apache.paimon.manifest.ManifestEntry;
import org.apache.paimon.operation.FileStoreScan;
import org.apache.paimon.reader.RecordReader;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.paimon.stats.SimpleStats;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.source.DataSplit;
import org.apache.paimon.table.source.ReadBuilder;
import org.apache.paimon.table.source.SnapshotNotExistPlan;
import org.apache.paimon.table.source.Split;
import org.apache.paimon.table.source.StreamTableScan;
import org.apache.paimon.table.source.TableScan;
import org.apache.paimon.types.RowType;
import org.apache.paimon.utils.SerializationUtils;

/** Reads rows and live files. Requests name a {@code snapshot} or a {@code tag}; without them the latest is read. */
final class Reading {
    private final Tables tables;

    Reading(Tables tables) {
        this.tables = tables;
    }

    /**
     * Answer: {@code columns} and {@code rows} (sorted canonical text), or with {@code digest: true} their count and digest.
     * With {@code ordered: true} the rows of each bucket stay in the order in which they are read.
     */
    JsonNode read(JsonNode request) throws Exception {
        FileStoreTable table = travel(tables.open(request), request);
        ObjectNode answer = Main.JSON.createObjectNode();
        table.rowType().getFieldNames().forEach(answer.putArray("columns")::add);
        if (Fields.flag(request, "digest")) {
            Digest digest = new Digest();
            scan(table, digest::add);
            return answer.put("count", digest.count).put("digest", Long.toHexString(digest.sum));
        }
        List<String> rows = new ArrayList<>();
        if (Fields.flag(request, "ordered")) {
            scanByBucket(table, rows);
        } else {
            scan(table, rows::add);
            rows.sort(null);
        }
        rows.forEach(answer.putArray("rows")::add);
        return answer;
    }

    /**
     * Reads the stream of changes as a job does that goes on from a snapshot. Request: {@code from}, {@code to}: the first
     * snapshot and the one after the last. Answer: {@code columns} and {@code rows}, those of each snapshot sorted.
     */
    JsonNode changes(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        RowType type = table.rowType();
        ReadBuilder builder = table.newReadBuilder();
        StreamTableScan scan = builder.newStreamScan();
        scan.restore(Fields.required(request, "from").asLong());
        List<String> rows = new ArrayList<>();
        while (scan.checkpoint() < Fields.required(request, "to").asLong()) {
            List<String> changes = new ArrayList<>();
            TableScan.Plan plan = scan.plan();
            String at = "before " + scan.checkpoint() + ": ";
            if (plan == SnapshotNotExistPlan.INSTANCE) {
                break;
            }
            try (IOManager spill = Tables.spillDirectory();
                    RecordReader<InternalRow> reader =
                            builder.newRead().withIOManager(spill).createReader(plan)) {
                reader.forEachRemaining(row ->
                        changes.add(at + row.getRowKind().shortString() + CanonicalText.row(row, type)));
            }
            changes.sort(null);
            rows.addAll(changes);
        }
        ObjectNode answer = Main.JSON.createObjectNode();
        type.getFieldNames().forEach(answer.putArray("columns")::add);
        rows.forEach(answer.putArray("rows")::add);
        return answer;
    }

    /** Answer: every live data file with what its manifest entry says. */
    JsonNode liveFiles(JsonNode request) throws Exception {
        FileStoreTable table = travel(tables.open(request), request);
        FileStoreScan scan = table.store().newScan();
        if (Fields.has(request, "snapshot")) {
            scan.withSnapshot(request.get("snapshot").asLong());
        } else if (Fields.has(request, "tag")) {
            scan.withSnapshot(table.tagManager().getOrThrow(Fields.text(request, "tag")).trimToSnapshot());
        }
        ArrayNode files = Main.JSON.createArrayNode();
        for (ManifestEntry entry : scan.plan().files()) {
            files.add(describe(table, entry));
        }
        return files;
    }

    private static FileStoreTable travel(FileStoreTable table, JsonNode request) {
        Map<String, String> options = new HashMap<>();
        if (Fields.has(request, "snapshot")) {
            options.put("scan.snapshot-id", Fields.text(request, "snapshot"));
        }
        if (Fields.has(request, "tag")) {
            options.put("scan.tag-name", Fields.text(request, "tag"));
        }
        return options.isEmpty() ? table : table.copy(options);
    }

    @FunctionalInterface
    private interface RowText {
        void accept(String row);
    }

    private static void scan(FileStoreTable table, RowText consumer) throws Exception {
        RowType type = table.rowType();
        ReadBuilder builder = table.newReadBuilder();
        try (IOManager spill = Tables.spillDirectory();
                RecordReader<InternalRow> reader =
                        builder.newRead().withIOManager(spill).createReader(builder.newScan().plan())) {
            reader.forEachRemaining(row -> consumer.accept(CanonicalText.row(row, type)));
        }
    }

    private static void scanByBucket(FileStoreTable table, List<String> rows) throws Exception {
        RowType partitionType = table.schema().logicalPartitionType();
        Map<String, List<Split>> buckets = new TreeMap<>();
        ReadBuilder builder = table.newReadBuilder();
        for (Split split : builder.newScan().plan().splits()) {
            DataSplit data = (DataSplit) split;
            String bucket = CanonicalText.row(data.partition(), partitionType) + data.bucket();
            buckets.computeIfAbsent(bucket, key -> new ArrayList<>()).add(split);
        }
        for (List<Split> splits : buckets.values()) {
            try (RecordReader<InternalRow> reader = builder.newRead().createReader(splits)) {
                reader.forEachRemaining(row -> rows.add(CanonicalText.row(row, table.rowType())));
            }
        }
    }

    private static ObjectNode describe(FileStoreTable table, ManifestEntry entry) {
        DataFileMeta file = entry.file();
        return Main.JSON
                .createObjectNode()
                .put("partition", CanonicalText.row(entry.partition(), table.schema().logicalPartitionType()))
                .put("bucket", entry.bucket())
                .put("totalBuckets", entry.totalBuckets())
                .put("level", file.level())
                .put("name", file.fileName())
                .put("path", table.store().pathFactory().createDataFilePathFactory(entry.partition(), entry.bucket())
                        .toPath(file).toString())
                .put("size", file.fileSize())
                .put("rowCount", file.rowCount())
                .put("deleteRowCount", file.deleteRowCount().orElse(null))
                .put("minSequenceNumber", file.minSequenceNumber())
                .put("maxSequenceNumber", file.maxSequenceNumber())
                .put("schemaId", file.schemaId())
                .put("source", file.fileSource().map(Enum::name).orElse(null))
                .put("keys", hex(file.minKey()) + " to " + hex(file.maxKey()) + ", " + hex(file.keyStats().minValues())
                        + " to " + hex(file.keyStats().maxValues()) + ", nulls " + counts(file.keyStats()))
                .put("values", statistics(table, file))
                .put("extraFiles", file.extraFiles().toString());
    }

    private static String hex(BinaryRow row) {
        return HexFormat.of().formatHex(SerializationUtils.serializeBinaryRow(row));
    }

    private static String counts(SimpleStats stats) {
        BinaryArray nulls = stats.nullCounts();
        List<String> counts = new ArrayList<>();
        for (int i = 0; i < nulls.size(); i++) {
            counts.add(nulls.isNullAt(i) ? "unknown" : Long.toString(nulls.getLong(i)));
        }
        return counts.toString();
    }

    private static String statistics(FileStoreTable table, DataFileMeta file) {
        RowType type = table.schemaManager().schema(file.schemaId()).logicalRowType();
        if (file.valueStatsCols() != null) {
            type = type.project(file.valueStatsCols());
        }
        SimpleStats stats = file.valueStats();
        return type.getFieldNames() + ": " + CanonicalText.row(stats.minValues(), type) + " to "
                + CanonicalText.row(stats.maxValues(), type) + ", nulls " + counts(stats);
    }

    /** Count of rows and a sum of their hashes that does not depend on their order. */
    private static final class Digest {
        private final MessageDigest hash;
        private long count;
        private long sum;

        Digest() throws Exception {
            hash = MessageDigest.getInstance("SHA-256");
        }

        void add(String row) {
            byte[] digest = hash.digest(row.getBytes(StandardCharsets.UTF_8));
            long value = 0;
            for (int i = 0; i < Long.BYTES; i++) {
                value = value << Byte.SIZE | digest[i] & 0xff;
            }
            sum += value;
            count++;
        }
    }
}
