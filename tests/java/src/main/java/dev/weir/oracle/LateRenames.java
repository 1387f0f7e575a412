package dev.weir.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.regex.Pattern;
import org.apache.paimon.fs.Path;
import org.apache.paimon.fs.local.LocalFileIO;

/**
 * Local files whose snapshots are renamed into place late: Paimon looks whether a snapshot is there and then renames
 * over whatever is, and here another process always gets its chance in between. The rename follows as soon as it has
 * taken it.
 */
final class LateRenames extends LocalFileIO {
    private static final long serialVersionUID = 1L;
    private static final long CHANCE_NANOS = 20_000_000;
    private static final Pattern SNAPSHOT = Pattern.compile("snapshot-\\d+");

    @Override
    public boolean rename(Path source, Path target) throws IOException {
        if (!SNAPSHOT.matcher(target.getName()).matches()) {
            return super.rename(source, target);
        }
        java.nio.file.Path place = Paths.get(target.toUri().getPath());
        if (Files.exists(place)) {
            return false;
        }
        long end = System.nanoTime() + CHANCE_NANOS;
        while (!Files.exists(place) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        Files.move(Paths.get(source.toUri().getPath()), place, StandardCopyOption.REPLACE_EXISTING);
        return true;
    }
}
