package dev.weir.oracle;

import java.util.ArrayList;
import java.util.List;
import org.apache.paimon.deletionvectors.BitmapDeletionVector;
import org.apache.paimon.deletionvectors.DeletionVector;
import org.apache.paimon.deletionvectors.append.AppendDeleteFileMaintainer;
import org.apache.paimon.deletionvectors.append.BaseAppendDeleteFileMaintainer;
import org.apache.paimon.index.IndexFileMeta;
import org.apache.paimon.io.CompactIncrement;
import org.apache.paimon.io.DataIncrement;
import org.apache.paimon.manifest.IndexManifestEntry;
import org.apache.paimon.manifest.ManifestEntry;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.sink.CommitMessageImpl;
import org.apache.paimon.table.sink.TableCommitImpl;

/** DELETE on tables without a primary key and without buckets. */
final class Deletions {
    private static final String COMMIT_USER = "oracle";

    private final Tables tables;

    Deletions(Tables tables) {
        this.tables = tables;
    }

    /** Hides the first row of every live file with a deletion vector. */
    JsonNode hideFirstRows(JsonNode request) throws Exception {
        FileStoreTable table = tables.open(request);
        ManifestEntry first = table.store().newScan().plan().files().get(0);
        AppendDeleteFileMaintainer maintainer = BaseAppendDeleteFileMaintainer.forUnawareAppend(
                table.store().newIndexFileHandler(), table.snapshotManager().latestSnapshot(), first.partition());
        for (ManifestEntry entry : table.store().newScan().plan().files()) {
            DeletionVector vector = new BitmapDeletionVector();
            vector.delete(0);
            maintainer.notifyNewDeletionVector(entry.file().fileName(), vector);
        }
        List<IndexFileMeta> indexFiles = new ArrayList<>();
        for (IndexManifestEntry entry : maintainer.persist()) {
            indexFiles.add(entry.indexFile());
        }
        try (TableCommitImpl commit = table.newCommit(COMMIT_USER)) {
            DataIncrement hidden = new DataIncrement(List.of(), List.of(), List.of(), indexFiles, List.of());
            commit.commit(List.of(new CommitMessageImpl(
                    first.partition(), 0, table.coreOptions().bucket(), hidden, CompactIncrement.emptyIncrement())));
        }
        return Main.JSON.createObjectNode().put("snapshotId", table.snapshotManager().latestSnapshotId());
    }
}
