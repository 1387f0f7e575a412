package dev.weir.oracle;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.tag.Tag;
import org.apache.paimon.tag.TagAutoManager;
import org.apache.paimon.tag.TagTimeExpire;
import org.apache.paimon.utils.Pair;

/** What Paimon's own procedures do to tags, beside making and deleting one. */
final class Tags {
    private final Tables tables;

    Tags(Tables tables) {
        this.tables = tables;
    }

    /** Answer: for each tag {@code name, snapshot} (as Java writes it), {@code createTime, retainedMillis}. */
    JsonNode list(JsonNode request) throws Exception {
        ArrayNode answer = Main.JSON.createArrayNode();
        for (Pair<Tag, String> pair : tables.open(request).tagManager().tagObjects()) {
            Tag tag = pair.getLeft();
            ObjectNode told = answer.addObject().put("name", pair.getRight());
            told.set("snapshot", Main.JSON.readTree(tag.trimToSnapshot().toJson()));
            if (tag.getTagCreateTime() != null) {
                told.put("createTime", tag.getTagCreateTime().toString());
            }
            if (tag.getTagTimeRetained() != null) {
                told.put("retainedMillis", tag.getTagTimeRetained().toMillis());
            }
        }
        return answer;
    }

    /** Makes automatic tags, as the procedure {@code trigger_tag_automatic_creation} does. */
    JsonNode create(JsonNode request) throws Exception {
        // Its tags are made at the start; deciding about their age is another request.
        FileStoreTable table = tables.open(request).copy(Map.of("tag.time-expire-enabled", "false"));
        TagAutoManager manager = table.newTagAutoManager();
        if (manager.getTagAutoCreation() != null) {
            manager.getTagAutoCreation().run();
        }
        return Main.JSON.createObjectNode();
    }

    /** Request: optionally {@code olderThanMillis} since the epoch. Answer: names of the {@code expired} tags. */
    JsonNode expire(JsonNode request) throws Exception {
        TagTimeExpire expire = tables.open(request)
                .copy(Map.of("tag.time-expire-enabled", "true"))
                .newTagAutoManager()
                .getTagTimeExpire();
        if (Fields.has(request, "olderThanMillis")) {
            long millis = request.get("olderThanMillis").asLong();
            expire.withOlderThanTime(
                    LocalDateTime.ofEpochSecond(millis / 1000, (int) (millis % 1000) * 1_000_000, ZoneOffset.UTC));
        }
        ObjectNode answer = Main.JSON.createObjectNode();
        expire.expire().forEach(answer.putArray("expired")::add);
        return answer;
    }

    /** Request: {@code tag, target}. */
    JsonNode rename(JsonNode request) throws Exception {
        tables.open(request).renameTag(Fields.text(request, "tag"), Fields.text(request, "target"));
        return Main.JSON.createObjectNode();
    }
}
