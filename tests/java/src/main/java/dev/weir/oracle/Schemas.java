package dev.weir.oracle;

import java.util.ArrayList;
import java.util.List;
import org.apache.paimon.schema.Schema;
import org.apache.paimon.schema.SchemaChange;
import org.apache.paimon.schema.SchemaManager;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.paimon.types.DataTypeJsonParser;

/** Creates tables and changes their schemas. Types are written as in a schema file ({@code DECIMAL(18, 2) NOT NULL}). */
final class Schemas {
    private final Tables tables;

    Schemas(Tables tables) {
        this.tables = tables;
    }

    /** Request: {@code columns: [{name, type}], partitionKeys, primaryKeys, tableOptions}. */
    JsonNode create(JsonNode request) throws Exception {
        Schema.Builder schema = Schema.newBuilder();
        for (JsonNode column : Fields.required(request, "columns")) {
            schema.column(Fields.text(column, "name"), DataTypeJsonParser.parseDataType(column.get("type")));
        }
        schema.partitionKeys(Fields.list(request, "partitionKeys"));
        schema.primaryKey(Fields.list(request, "primaryKeys"));
        schema.options(Fields.texts(request, "tableOptions"));
        long id = manager(request).createTable(schema.build()).id();
        return Main.JSON.createObjectNode().put("schemaId", id);
    }

    /** Request: {@code changes: [{addColumn, type} | {renameColumn, to} | {dropColumn} | {alterColumn, type} | {setOption, value} | {removeOption}]}. */
    JsonNode alter(JsonNode request) throws Exception {
        List<SchemaChange> changes = new ArrayList<>();
        for (JsonNode change : Fields.required(request, "changes")) {
            changes.add(change(change));
        }
        return Main.JSON.createObjectNode().put("schemaId", manager(request).commitChanges(changes).id());
    }

    private SchemaManager manager(JsonNode request) throws Exception {
        return new SchemaManager(tables.fileIo(request), tables.path(request));
    }

    private static SchemaChange change(JsonNode change) {
        String kind = change.fieldNames().next();
        String subject = change.get(kind).asText();
        return switch (kind) {
            case "addColumn" -> SchemaChange.addColumn(subject, DataTypeJsonParser.parseDataType(change.get("type")));
            case "renameColumn" -> SchemaChange.renameColumn(subject, Fields.text(change, "to"));
            case "dropColumn" -> SchemaChange.dropColumn(subject);
            case "alterColumn" -> SchemaChange.updateColumnType(
                    subject, DataTypeJsonParser.parseDataType(change.get("type")));
            case "setOption" -> SchemaChange.setOption(subject, Fields.text(change, "value"));
            case "removeOption" -> SchemaChange.removeOption(subject);
            default -> throw new IllegalArgumentException("unknown schema change " + change);
        };
    }
}
