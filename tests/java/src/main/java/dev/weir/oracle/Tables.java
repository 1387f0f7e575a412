package dev.weir.oracle;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.paimon.catalog.CatalogContext;
import org.apache.paimon.disk.IOManager;
import org.apache.paimon.fs.FileIO;
import org.apache.paimon.fs.Path;
import org.apache.paimon.options.Options;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.table.FileStoreTable;
import org.apache.paimon.table.FileStoreTableFactory;

/**
 * Opens the table that a request names: {@code table} is a path or URI, {@code storage} the file system's options
 * ({@code s3.endpoint} …), {@code branch} a branch, {@code options} dynamic table options and {@code lateRenames}
 * that snapshots of local files are {@link LateRenames renamed late}.
 */
final class Tables {
    private final Map<String, FileIO> fileIos = new ConcurrentHashMap<>();

    Path path(JsonNode request) {
        return new Path(Fields.text(request, "table"));
    }

    FileIO fileIo(JsonNode request) throws IOException {
        Path path = path(request);
        if (Fields.flag(request, "lateRenames")) {
            return new LateRenames();
        }
        Map<String, String> storage = Fields.texts(request, "storage");
        // A file system of S3 keeps its bucket, so each bucket has its own.
        String key = path.toUri().getScheme() + "://" + path.toUri().getAuthority() + storage;
        FileIO known = fileIos.get(key);
        if (known == null) {
            known = FileIO.get(path, CatalogContext.create(Options.fromMap(storage)));
            fileIos.put(key, known);
        }
        return known;
    }

    FileStoreTable open(JsonNode request) throws IOException {
        FileStoreTable table = FileStoreTableFactory.create(fileIo(request), path(request));
        if (Fields.has(request, "branch")) {
            table = table.switchToBranch(Fields.text(request, "branch"));
        }
        Map<String, String> options = Fields.texts(request, "options");
        return options.isEmpty() ? table : table.copy(options);
    }

    /** Room for what a writer spills. */
    static IOManager spillDirectory() {
        return IOManager.create(System.getProperty("java.io.tmpdir"));
    }
}
