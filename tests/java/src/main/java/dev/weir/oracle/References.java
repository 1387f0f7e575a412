package dev.weir.oracle;

import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import org.apache.paimon.Snapshot;
import org.apache.paimon.consumer.Consumer;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.paimon.table.FileStoreTable;

/** Snapshots, and what holds on to them: tags, branches and consumers. */
final class References {
    private final Tables tables;

    References(Tables tables) {
        this.tables = tables;
    }

    /** Request: {@code snapshot} or {@code tag}. */
    JsonNode rollBack(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        if (Fields.has(request, "tag")) {
            table.rollbackTo(Fields.text(request, "tag"));
        } else {
            table.rollbackTo(Fields.required(request, "snapshot").asLong());
        }
        return Main.JSON.createObjectNode();
    }

    JsonNode snapshots(JsonNode request) throws Exception {
        ArrayNode snapshots = Main.JSON.createArrayNode();
        Iterator<Snapshot> all = tables.open(request).snapshotManager().snapshots();
        while (all.hasNext()) {
            Snapshot snapshot = all.next();
            snapshots.addObject()
                    .put("id", snapshot.id())
                    .put("kind", snapshot.commitKind().name())
                    .put("user", snapshot.commitUser())
                    .put("identifier", snapshot.commitIdentifier())
                    .put("schemaId", snapshot.schemaId())
                    .put("timeMillis", snapshot.timeMillis())
                    .put("totalRecordCount", snapshot.totalRecordCount())
                    .put("deltaRecordCount", snapshot.deltaRecordCount())
                    .put("watermark", snapshot.watermark());
        }
        return snapshots;
    }

    /** Answer: {@code tags: {name: snapshot}, branches, consumers: {id: next snapshot}}. */
    JsonNode list(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        ObjectNode answer = Main.JSON.createObjectNode();
        ObjectNode tags = answer.putObject("tags");
        table.tagManager().tagObjects().forEach(tag -> tags.put(tag.getRight(), tag.getLeft().id()));
        table.branchManager().branches().forEach(answer.putArray("branches")::add);
        ObjectNode consumers = answer.putObject("consumers");
        for (Map.Entry<String, Long> consumer : table.consumerManager().consumers().entrySet()) {
            consumers.put(consumer.getKey(), consumer.getValue());
        }
        return answer;
    }

    /** Request: {@code tag}, optionally {@code snapshot} and {@code retained} (ISO duration). */
    JsonNode createTag(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        Duration retained = Fields.has(request, "retained") ? Duration.parse(Fields.text(request, "retained")) : null;
        long snapshot = Fields.has(request, "snapshot")
                ? request.get("snapshot").asLong()
                : table.snapshotManager().latestSnapshotId();
        table.createTag(Fields.text(request, "tag"), snapshot, retained);
        return Main.JSON.createObjectNode();
    }

    JsonNode deleteTag(JsonNode request) throws Exception {
        tables.open(request).deleteTag(Fields.text(request, "tag"));
        return Main.JSON.createObjectNode();
    }

    /** Request: {@code name}, optionally {@code tag} to start from. */
    JsonNode createBranch(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        if (Fields.has(request, "tag")) {
            table.createBranch(Fields.text(request, "name"), Fields.text(request, "tag"));
        } else {
            table.createBranch(Fields.text(request, "name"));
        }
        return Main.JSON.createObjectNode();
    }

    /** Request: {@code consumer, nextSnapshot}. */
    JsonNode setConsumer(JsonNode request) throws Exception {
        tables.open(request)
                .consumerManager()
                .resetConsumer(
                        Fields.text(request, "consumer"),
                        new Consumer(Fields.required(request, "nextSnapshot").asLong()));
        return Main.JSON.createObjectNode();
    }
}
