package dev.weir.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.paimon.codegen.CodeGenUtils;
import org.apache.paimon.codegen.Projection;
import org.apache.paimon.data.GenericRow;
import org.apache.paimon.data.InternalRow;
import org.apache.paimon.disk.IOManager;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.sink.TableCommitImpl;
import org.apache.paimon.table.sink.TableWriteImpl;
import org.apache.paimon.types.RowKind;
import org.apache.paimon.types.RowType;

/** Writers that commit again and again, as a streaming job does, until they are stopped; they remember what they wrote. */
final class BackgroundWriters implements AutoCloseable {
    private final Tables tables;
    private final Map<Integer, Writer> running = new ConcurrentHashMap<>();
    private final AtomicInteger lastId = new AtomicInteger();

    BackgroundWriters(Tables tables) {
        this.tables = tables;
    }

    /**
     * Request: {@code everyMillis, rowsPerCommit, user, deletes} (share of the rows that delete their key) and
     * what {@link RowGenerator} needs. The table has a primary key and keeps the last row of a key.
     */
    JsonNode start(JsonNode request) throws Exception {
        Writer writer = new Writer(tables.open(request), request);
        int id = lastId.incrementAndGet();
        running.put(id, writer);
        writer.start();
        return Main.JSON.createObjectNode().put("writer", id);
    }

    /** Request: {@code writer}. Answer: {@code commits, failures, rows} (the keys it wrote last with a row). */
    JsonNode stop(JsonNode request) throws Exception {
        Writer writer = running.remove(Fields.required(request, "writer").asInt());
        if (writer == null) {
            throw new IllegalArgumentException("no writer " + request);
        }
        writer.stopped = true;
        writer.join();
        return writer.report();
    }

    @Override
    public void close() {
        running.values().forEach(writer -> writer.stopped = true);
    }

    private static final class Writer extends Thread {
        private final FileStoreTable table;
        private final RowType type;
        private final RowGenerator generator;
        private final Random random;
        private final String user;
        private final long everyMillis;
        private final int rowsPerCommit;
        private final double deletes;
        private final Projection key;
        private final RowType keyType;
        private final Map<String, String> lastByKey = new TreeMap<>();
        private final List<String> failures = new ArrayList<>();
        private long commits;
        private volatile boolean stopped;

        Writer(FileStoreTable table, JsonNode request) {
            super("writer of " + table.name());
            setDaemon(true);
            this.table = table;
            type = table.rowType();
            generator = new RowGenerator(table, request);
            random = new Random(Fields.required(request, "seed").asLong());
            user = Fields.text(request, "user", "oracle-stream");
            everyMillis = Fields.required(request, "everyMillis").asLong();
            rowsPerCommit = Fields.required(request, "rowsPerCommit").asInt();
            deletes = Fields.has(request, "deletes") ? request.get("deletes").asDouble() : 0;
            int[] keyColumns = type.getFieldIndices(table.primaryKeys());
            key = CodeGenUtils.newProjection(type, keyColumns);
            keyType = type.project(keyColumns);
        }

        @Override
        public void run() {
            try (IOManager spill = Tables.spillDirectory();
                    TableWriteImpl<?> writer = table.newWrite(user).withIOManager(spill);
                    TableCommitImpl commit = table.newCommit(user)) {
                for (long identifier = 1; !stopped; identifier++) {
                    Map<String, String> written = writeRows(writer);
                    commit.commit(identifier, writer.prepareCommit(true, identifier));
                    lastByKey.putAll(written);
                    commits++;
                    Thread.sleep(everyMillis);
                }
            } catch (Throwable failure) {
                failures.add(Main.describe(failure));
            }
        }

        private Map<String, String> writeRows(TableWriteImpl<?> writer) throws Exception {
            Map<String, String> written = new TreeMap<>();
            for (int i = 0; i < rowsPerCommit; i++) {
                GenericRow row = generator.next();
                boolean delete = random.nextDouble() < deletes;
                row.setRowKind(delete ? RowKind.DELETE : RowKind.INSERT);
                writer.write(row);
                InternalRow keyRow = key.apply(row);
                written.put(CanonicalText.row(keyRow, keyType), delete ? "" : CanonicalText.row(row, type));
            }
            return written;
        }

        ObjectNode report() {
            ObjectNode report = Main.JSON.createObjectNode().put("commits", commits);
            failures.forEach(report.putArray("failures")::add);
            ArrayNode rows = report.putArray("rows");
            lastByKey.values().stream().filter(row -> !row.isEmpty()).sorted().forEach(rows::add);
            return report;
        }
    }
}
