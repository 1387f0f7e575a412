package dev.weir.oracle;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.apache.paimon.operation.PartitionExpire;
import org.apache.paimon.partition.PartitionExpireStrategy;
import org.apache.paimon.partition.PartitionTimeExtractor;
import org.apache.paimon.partition.actions.SuccessFileMarkDoneAction;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.paimon.table.FileStoreTable;

/** Expiry of partitions, and marks of complete ones. */
final class Partitions {
    private final Tables tables;

    Partitions(Tables tables) {
        this.tables = tables;
    }

    /**
     * What the procedure {@code expire_partitions} does; the table's options, also those of the request, say which
     * partitions. Answer: {@code snapshotId}.
     */
    JsonNode expire(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        PartitionExpireStrategy strategy = PartitionExpireStrategy.createPartitionExpireStrategy(
                table.coreOptions(), table.schema().logicalPartitionType(), null, null);
        PartitionExpire expire = table.store()
                .newPartitionExpire("", table, table.coreOptions().partitionExpireTime(), Duration.ZERO, strategy);
        expire.expire(Long.MAX_VALUE);
        return Main.JSON.createObjectNode().put("snapshotId", table.snapshotManager().latestSnapshotId());
    }

    /** Request: {@code partitions}, as paths. */
    JsonNode markDone(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        try (SuccessFileMarkDoneAction action = new SuccessFileMarkDoneAction(table.fileIO(), table.location())) {
            for (String partition : Fields.list(request, "partitions")) {
                action.markDone(partition);
            }
        }
        return Main.JSON.createObjectNode();
    }

    /**
     * Request: {@code readings: [{formatter, pattern, columns, values}]}, the first two optional. Answer: {@code times}, for each
     * reading the time or null.
     */
    JsonNode times(JsonNode request) {
        ObjectNode answer = Main.JSON.createObjectNode();
        ArrayNode times = answer.putArray("times");
        for (JsonNode reading : Fields.required(request, "readings")) {
            times.add(time(reading));
        }
        return answer;
    }

    private static String time(JsonNode reading) {
        List<Object> values = new ArrayList<>(Fields.list(reading, "values"));
        try {
            LocalDateTime time = new PartitionTimeExtractor(
                            Fields.text(reading, "pattern", null), Fields.text(reading, "formatter", null))
                    .extract(Fields.list(reading, "columns"), values);
            return time == null ? null : time.toString();
        } catch (RuntimeException unreadable) {
            return null;
        }
    }
}
