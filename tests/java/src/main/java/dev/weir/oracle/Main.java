package dev.weir.oracle;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.paimon.shade.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Answers one JSON request per line of standard input with one JSON line on standard output, until the input ends.
 *
 * <p>An answer is {@code {"ok": …}} or {@code {"error": "what went wrong, with its causes"}}.
 */
public final class Main {
    static final ObjectMapper JSON = new ObjectMapper();

    private Main() {}

    public static void main(String[] args) throws Exception {
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        // Libraries that print must not end up between the answers.
        System.setOut(System.err);
        // From Java 18 on the first look-up of a host asks the loader at hand for a resolver. Paimon's plugin for S3 has
        // a loader of its own that names one which it does not find.
        InetAddress.getByName("localhost");
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Operations operations = new Operations()) {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                answers.println(JSON.writeValueAsString(answer(operations, line)));
                answers.flush();
            }
        }
        // Paimon leaves pools of threads behind.
        System.exit(0);
    }

    private static ObjectNode answer(Operations operations, String line) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            answer.set("ok", operations.run(JSON.readTree(line)));
        } catch (Throwable failure) {
            answer.put("error", describe(failure));
        }
        return answer;
    }

    /** A failure and its causes in one line each. */
    static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(text.isEmpty() ? "" : "\n  caused by ").append(cause);
            if (cause.getCause() == null && cause.getStackTrace().length > 0) {
                text.append(" at ").append(cause.getStackTrace()[0]);
            }
        }
        return text.toString();
    }
}
