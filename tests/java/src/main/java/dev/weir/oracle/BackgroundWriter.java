package dev.weir.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.paimon.data.GenericRow;
import org.apache.paimon.disk.IOManager;
import org.apache.paimon.schema.SchemaChange;
import org.apache.paimon.schema.SchemaManager;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.sink.CommitMessage;
import org.apache.paimon.table.sink.TableCommitImpl;
import org.apache.paimon.table.sink.TableWriteImpl;
import org.apache.paimon.types.DataTypes;
import org.apache.paimon.types.RowKind;

/**
 * Writes until it is stopped: mostly a stream's commits, in between INSERT OVERWRITE of one partition or of all
 * partitions that the new rows are in, and ALTER TABLE ADD COLUMN.
 *
 * <p>Request: {@code everyMillis, rowsPerCommit, user}, {@code deletes} (share of the rows that delete their key),
 * {@code overwriteEvery} and {@code addColumnEvery} (so many steps; 0 for never), {@code mayLoseCommits}
 * (whether another compactor may make commits fail), and what {@link RowGenerator} needs.
 */
final class BackgroundWriter extends Thread {
    private final Tables tables;
    private final JsonNode request;
    private final Random random;
    private final String user;
    private final double deletes;
    private final int overwriteEvery;
    private final int addColumnEvery;
    private final boolean mayLoseCommits;
    private final List<String> failures = new ArrayList<>();
    private FileStoreTable table;
    private RowGenerator generator;
    private WrittenRows written;
    private Stream stream;
    private long commits;
    private long overwritten;
    private long addedColumns;
    private long lostCommits;
    private volatile boolean stopped;

    BackgroundWriter(Tables tables, JsonNode request) throws Exception {
        super("writer of " + Fields.text(request, "table"));
        setDaemon(true);
        this.tables = tables;
        this.request = request;
        random = new Random(Fields.required(request, "seed").asLong());
        user = Fields.text(request, "user", "oracle-stream");
        deletes = Fields.required(request, "deletes").asDouble();
        overwriteEvery = Fields.required(request, "overwriteEvery").asInt();
        addColumnEvery = Fields.required(request, "addColumnEvery").asInt();
        mayLoseCommits = Fields.flag(request, "mayLoseCommits");
        reopen();
        written = new WrittenRows(table);
    }

    @Override
    public void run() {
        try {
            for (int step = 1; !stopped; step++) {
                step(step);
                Thread.sleep(Fields.required(request, "everyMillis").asLong());
            }
            closeStream();
        } catch (Throwable failure) {
            failures.add(Main.describe(failure));
        }
    }

    void askToStop() {
        stopped = true;
    }

    void end() throws InterruptedException {
        askToStop();
        join();
    }

    /**
     * {@code commits}, and among them {@code overwrites}; {@code addedColumns}, {@code lostCommits}, {@code failures},
     * and {@code rows}, the keys that it wrote last with a row, as text in the table's latest schema.
     */
    ObjectNode report() {
        ObjectNode report = Main.JSON.createObjectNode()
                .put("commits", commits)
                .put("overwrites", overwritten)
                .put("addedColumns", addedColumns)
                .put("lostCommits", lostCommits);
        failures.forEach(report.putArray("failures")::add);
        written.texts(table.rowType()).forEach(report.putArray("rows")::add);
        return report;
    }

    private void step(int number) throws Exception {
        if (isDue(overwriteEvery, number)) {
            closeStream();
            overwrite(overwritten % 2 == 0);
        } else if (isDue(addColumnEvery, number)) {
            closeStream();
            addColumn();
        } else {
            append();
        }
    }

    private static boolean isDue(int every, int step) {
        return every > 0 && step % every == 0;
    }

    private void append() throws Exception {
        List<GenericRow> rows = rows();
        for (GenericRow row : rows) {
            row.setRowKind(random.nextDouble() < deletes ? RowKind.DELETE : RowKind.INSERT);
        }
        if (stream == null) {
            stream = new Stream(table, user);
        }
        long identifier = commits + lostCommits + 1;
        try {
            stream.commit(identifier, rows);
        } catch (Exception failure) {
            if (!mayLoseCommits) {
                throw failure;
            }
            // As a job that starts again from its checkpoint: what was committed is not written again.
            lostCommits++;
            stream.abandon();
            stream = null;
            if (!hasCommitted(identifier)) {
                return;
            }
        }
        written.apply(rows);
        commits++;
    }

    private boolean hasCommitted(long identifier) {
        return table.snapshotManager()
                .latestSnapshotOfUser(user)
                .filter(snapshot -> snapshot.commitIdentifier() >= identifier)
                .isPresent();
    }

    private void overwrite(boolean dynamic) throws Exception {
        List<GenericRow> rows = rows();
        int column = table.rowType().getFieldIndex(table.partitionKeys().get(0));
        Object partition = rows.get(0).getField(column);
        if (!dynamic) {
            rows.forEach(row -> row.setField(column, partition));
        }
        Map<String, String> spec = dynamic ? Map.of() : Map.of(table.partitionKeys().get(0), partition.toString());
        String overwriter = user + "-overwriter";
        try (IOManager spill = Tables.spillDirectory();
                TableWriteImpl<?> writer = table.newWrite(overwriter).withIOManager(spill);
                TableCommitImpl commit = table.newCommit(overwriter)) {
            writer.withIgnorePreviousFiles(true);
            for (GenericRow row : rows) {
                writer.write(row);
            }
            commit.withOverwrite(spec).commit(writer.prepareCommit());
        }
        written.replacePartitions(rows);
        overwritten++;
        commits++;
    }

    private void addColumn() throws Exception {
        addedColumns++;
        new SchemaManager(tables.fileIo(request), tables.path(request))
                .commitChanges(SchemaChange.addColumn("added_" + addedColumns, DataTypes.STRING()));
        reopen();
    }

    private void reopen() throws Exception {
        table = tables.open(request);
        long seed = Fields.required(request, "seed").asLong() + addedColumns;
        generator = new RowGenerator(table, ((ObjectNode) request.deepCopy()).put("seed", seed));
    }

    private List<GenericRow> rows() {
        List<GenericRow> rows = new ArrayList<>();
        int wanted = Fields.required(request, "rowsPerCommit").asInt();
        while (rows.size() < wanted) {
            rows.add(generator.next());
        }
        return rows;
    }

    private void closeStream() throws Exception {
        if (stream != null) {
            stream.close();
            stream = null;
        }
    }

    /** A streaming job's sink: it keeps its state from commit to commit. */
    private static final class Stream implements AutoCloseable {
        private final IOManager spill = Tables.spillDirectory();
        private final TableWriteImpl<?> writer;
        private final TableCommitImpl commit;

        Stream(FileStoreTable table, String user) {
            writer = table.newWrite(user).withIOManager(spill);
            commit = table.newCommit(user);
        }

        void commit(long identifier, List<GenericRow> rows) throws Exception {
            for (GenericRow row : rows) {
                writer.write(row);
            }
            List<CommitMessage> messages = writer.prepareCommit(true, identifier);
            commit.commit(identifier, messages);
        }

        /** Closes after a failure, which may make closing fail too. */
        void abandon() {
            try {
                close();
            } catch (Exception ignored) {
                // The failure that led here says what went wrong.
            }
        }

        @Override
        public void close() throws Exception {
            try (IOManager ignored = spill;
                    TableCommitImpl ignoredToo = commit) {
                writer.close();
            }
        }
    }
}
