package dev.weir.oracle;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** Writers that commit again and again, as a streaming job does, until they are stopped; they remember what they wrote. */
final class BackgroundWriters implements AutoCloseable {
    private final Tables tables;
    private final Map<Integer, BackgroundWriter> running = new ConcurrentHashMap<>();
    private final AtomicInteger lastId = new AtomicInteger();

    BackgroundWriters(Tables tables) {
        this.tables = tables;
    }

    /** Request: what {@link BackgroundWriter} needs. The table has a primary key and keeps the last row of a key. */
    JsonNode start(JsonNode request) throws Exception {
        BackgroundWriter writer = new BackgroundWriter(tables, request);
        int id = lastId.incrementAndGet();
        running.put(id, writer);
        writer.start();
        return Main.JSON.createObjectNode().put("writer", id);
    }

    /** Request: {@code writer}. Answer: what {@link BackgroundWriter#report} says. */
    JsonNode stop(JsonNode request) throws Exception {
        BackgroundWriter writer = running.remove(Fields.required(request, "writer").asInt());
        if (writer == null) {
            throw new IllegalArgumentException("no writer " + request);
        }
        writer.end();
        return writer.report();
    }

    @Override
    public void close() {
        running.values().forEach(BackgroundWriter::askToStop);
    }
}
