package dev.weir.oracle;

import java.util.HashMap;
import java.util.Map;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** The requests that the oracle understands, by the name in {@code op}. */
final class Operations implements AutoCloseable {
    @FunctionalInterface
    private interface Operation {
        JsonNode run(JsonNode request) throws Exception;
    }

    private final Map<String, Operation> byName = new HashMap<>();
    private final BackgroundWriters writers;

    Operations() {
        Tables tables = new Tables();
        Writing writing = new Writing(tables);
        Reading reading = new Reading(tables);
        References references = new References(tables);
        Maintenance maintenance = new Maintenance(tables);
        Tags tags = new Tags(tables);
        Partitions partitions = new Partitions(tables);
        writers = new BackgroundWriters(tables);

        byName.put("create", new Schemas(tables)::create);
        byName.put("alter", new Schemas(tables)::alter);
        byName.put("write", writing::write);
        byName.put("generate", writing::generate);
        byName.put("annotate", writing::annotate);
        byName.put("commitFileEntries", new FileEntries(tables)::commit);
        byName.put("hideFirstRows", new Deletions(tables)::hideFirstRows);
        byName.put("truncatePartition", writing::truncatePartition);
        byName.put("startWriter", writers::start);
        byName.put("stopWriter", writers::stop);
        byName.put("read", reading::read);
        byName.put("files", reading::liveFiles);
        byName.put("snapshots", references::snapshots);
        byName.put("references", references::list);
        byName.put("createTag", references::createTag);
        byName.put("deleteTag", references::deleteTag);
        byName.put("createBranch", references::createBranch);
        byName.put("setConsumer", references::setConsumer);
        byName.put("compact", maintenance::compact);
        byName.put("expire", maintenance::expire);
        byName.put("orphans", maintenance::orphans);
        byName.put("tags", tags::list);
        byName.put("autoTags", tags::create);
        byName.put("expireTags", tags::expire);
        byName.put("renameTag", tags::rename);
        byName.put("expireChangelogs", maintenance::expireChangelogs);
        byName.put("changes", reading::changes);
        byName.put("expirePartitions", partitions::expire);
        byName.put("markPartitionsDone", partitions::markDone);
        byName.put("partitionTimes", partitions::times);
        byName.put("compactManifests", maintenance::compactManifests);
        byName.put("rollBack", references::rollBack);
    }

    JsonNode run(JsonNode request) throws Exception {
        String name = Fields.text(request, "op");
        Operation operation = byName.get(name);
        if (operation == null) {
            throw new IllegalArgumentException("unknown operation " + name + ", known are " + byName.keySet());
        }
        return operation.run(request);
    }

    @Override
    public void close() {
        writers.close();
    }
}
