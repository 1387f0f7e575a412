package dev.weir.oracle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.paimon.append.AppendCompactCoordinator;
import org.apache.paimon.append.AppendCompactTask;
import org.apache.paimon.data.BinaryRow;
import org.apache.paimon.disk.IOManager;
import org.apache.paimon.manifest.ManifestEntry;
import org.apache.paimon.operation.BaseAppendFileStoreWrite;
import org.apache.paimon.operation.CleanOrphanFilesResult;
import org.apache.paimon.operation.FileStoreCommit;
import org.apache.paimon.operation.LocalOrphanFilesClean;
import org.apache.paimon.options.ExpireConfig;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.paimon.table.AppendOnlyFileStoreTable;
import org.apache.paimon.table.BucketMode;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.sink.CommitMessage;
import org.apache.paimon.table.sink.TableCommitImpl;
import org.apache.paimon.table.sink.TableWriteImpl;
import org.apache.paimon.table.source.EndOfScanException;
import org.apache.paimon.utils.Pair;

/** What Paimon's own jobs do to a table: compaction, expiry, orphan cleaning. */
final class Maintenance {
    private static final String COMMIT_USER = "oracle-maintenance";

    private final Tables tables;

    Maintenance(Tables tables) {
        this.tables = tables;
    }

    /** Request: {@code full}. Compacts every bucket, as the dedicated compaction job does. */
    JsonNode compact(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request).copy(Map.of("write-only", "false"));
        try (TableCommitImpl commit = table.newCommit(COMMIT_USER)) {
            boolean appendWithoutBuckets =
                    table.primaryKeys().isEmpty() && table.bucketMode() == BucketMode.BUCKET_UNAWARE;
            commit.commit(appendWithoutBuckets ? compactAppend(table) : compactBuckets(table, Fields.flag(request, "full")));
        }
        return Main.JSON.createObjectNode().put("snapshotId", table.snapshotManager().latestSnapshotId());
    }

    private static List<CommitMessage> compactBuckets(FileStoreTable table, boolean full) throws Exception {
        Map<Pair<BinaryRow, Integer>, Boolean> buckets = new LinkedHashMap<>();
        for (ManifestEntry entry : table.store().newScan().plan().files()) {
            buckets.put(Pair.of(entry.partition().copy(), entry.bucket()), true);
        }
        try (IOManager spill = Tables.spillDirectory();
                TableWriteImpl<?> writer = table.newWrite(COMMIT_USER).withIOManager(spill)) {
            for (Pair<BinaryRow, Integer> bucket : buckets.keySet()) {
                writer.compact(bucket.getLeft(), bucket.getRight(), full);
            }
            return writer.prepareCommit();
        }
    }

    private static List<CommitMessage> compactAppend(FileStoreTable table) throws Exception {
        List<CommitMessage> messages = new ArrayList<>();
        BaseAppendFileStoreWrite writer = ((AppendOnlyFileStoreTable) table).store().newWrite(COMMIT_USER);
        for (AppendCompactTask task : planAppend(table)) {
            messages.add(task.doCompact(table, writer));
        }
        writer.close();
        return messages;
    }

    private static List<AppendCompactTask> planAppend(FileStoreTable table) {
        try {
            return new AppendCompactCoordinator(table, false).run();
        } catch (EndOfScanException noSmallFiles) {
            return List.of();
        }
    }

    /**
     * Request: {@code retainMin, retainMax, olderThanMillis} (age), {@code maxDeletes}; all optional. With {@code
     * keepChangelogs} changelogs stay as the table's options say. Answer: {@code expired}.
     */
    JsonNode expire(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        ExpireConfig.Builder config = ExpireConfig.builder();
        if (Fields.flag(request, "keepChangelogs")) {
            ExpireConfig options = table.coreOptions().expireConfig();
            config.changelogRetainMin(options.getChangelogRetainMin())
                    .changelogRetainMax(options.getChangelogRetainMax())
                    .changelogTimeRetain(options.getChangelogTimeRetain())
                    .consumerChangelogOnly(options.isConsumerChangelogOnly());
        }
        if (Fields.has(request, "retainMin")) {
            config.snapshotRetainMin(request.get("retainMin").asInt());
        }
        if (Fields.has(request, "retainMax")) {
            config.snapshotRetainMax(request.get("retainMax").asInt());
        }
        if (Fields.has(request, "olderThanMillis")) {
            config.snapshotTimeRetain(Duration.ofMillis(request.get("olderThanMillis").asLong()));
        }
        if (Fields.has(request, "maxDeletes")) {
            config.snapshotMaxDeletes(request.get("maxDeletes").asInt());
        }
        int expired = table.newExpireSnapshots().config(config.build()).expire();
        return Main.JSON.createObjectNode().put("expired", expired);
    }

    /** Request: {@code retainMin, retainMax, olderThanMillis} (age). Answer: {@code expired}. */
    JsonNode expireChangelogs(JsonNode request) throws Exception {
        ExpireConfig.Builder config = ExpireConfig.builder();
        config.changelogRetainMin(Fields.required(request, "retainMin").asInt())
                .changelogRetainMax(Fields.required(request, "retainMax").asInt())
                .changelogTimeRetain(Duration.ofMillis(Fields.required(request, "olderThanMillis").asLong()));
        int expired = tables.open(request).newExpireChangelog().config(config.build()).expire();
        return Main.JSON.createObjectNode().put("expired", expired);
    }

    /** What the procedure {@code compact_manifest} does. */
    JsonNode compactManifests(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        try (FileStoreCommit commit = table.store().newCommit(COMMIT_USER, table)) {
            commit.compactManifest();
        }
        return Main.JSON.createObjectNode().put("snapshotId", table.snapshotManager().latestSnapshotId());
    }

    /**
     * Request: {@code dryRun}, {@code olderThanMillis} (instant). Answer: {@code files} that are no longer referenced and
     * older, or however young.
     */
    JsonNode orphans(JsonNode request) throws Exception {
        long olderThan =
                Fields.has(request, "olderThanMillis")
                        ? request.get("olderThanMillis").asLong()
                        : System.currentTimeMillis() + Duration.ofDays(1).toMillis();
        CleanOrphanFilesResult result =
                new LocalOrphanFilesClean(tables.open(request), olderThan, Fields.flag(request, "dryRun")).clean();
        ObjectNode answer = Main.JSON.createObjectNode();
        result.getDeletedFilesPath().stream().map(Object::toString).sorted().forEach(answer.putArray("files")::add);
        return answer;
    }
}
