package dev.weir.oracle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** Members of a request. */
final class Fields {
    private Fields() {}

    static JsonNode required(JsonNode request, String name) {
        JsonNode value = request.get(name);
        if (value == null || value.isNull()) {
            throw new IllegalArgumentException("the request has no `" + name + "`: " + request);
        }
        return value;
    }

    static String text(JsonNode request, String name) {
        return required(request, name).asText();
    }

    static String text(JsonNode request, String name, String otherwise) {
        return has(request, name) ? request.get(name).asText() : otherwise;
    }

    static boolean flag(JsonNode request, String name) {
        return has(request, name) && request.get(name).asBoolean();
    }

    static boolean has(JsonNode request, String name) {
        return request.hasNonNull(name);
    }

    /** A map of strings; empty when the member is missing. */
    static Map<String, String> texts(JsonNode request, String name) {
        Map<String, String> values = new HashMap<>();
        if (has(request, name)) {
            request.get(name).fields().forEachRemaining(
                    member -> values.put(member.getKey(), member.getValue().isNull() ? null : member.getValue().asText()));
        }
        return values;
    }

    /** A list of strings; empty when the member is missing. */
    static List<String> list(JsonNode request, String name) {
        List<String> values = new ArrayList<>();
        if (has(request, name)) {
            request.get(name).forEach(value -> values.add(value.asText()));
        }
        return values;
    }
}
