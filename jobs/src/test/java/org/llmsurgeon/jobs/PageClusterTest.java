package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Commands on the pages for a standalone cluster are run by the launcher on a real one, as they
 * stand: with its address, a folder that its worker reaches in the place of HDFS and of buckets
 * (which other tests have: {@code HdfsClusterTest}, {@code S3ClusterTest}), and a small model.
 */
@Tag("packaged")
class PageClusterTest {
  private static final String MASTER = "--master spark://host:7077 prune ";

  /** Downloads a library that reads buckets, of which there is none here. */
  private static final String PACKAGES = " --packages org.apache.hadoop:hadoop-aws:3.5.0";

  @TempDir private Path temp;

  static List<String> commands() throws Exception {
    return PageCommandsTest.commands().stream().filter(each -> each.startsWith(MASTER)).toList();
  }

  static List<String> others() throws Exception {
    return commands().subList(1, commands().size());
  }

  @Test
  void theFirstIsRun() throws Exception {
    assertThat(commands()).hasSizeGreaterThan(2);
    run(commands().get(0));
  }

  @ParameterizedTest
  @MethodSource("others")
  @Tag("long")
  void soAreTheOthers(String command) throws Exception {
    run(command);
  }

  private void run(String command) throws Exception {
    Path place = Files.createDirectory(temp.resolve("place"));
    String[] parts = command.replace(PACKAGES, "").split(" -- ");
    try (StandaloneCluster cluster = StandaloneCluster.start(temp, 4, "32g")) {
      List<String> words = new ArrayList<>();
      for (String word : parts[0].split(" ")) {
        words.add(
            word.equals("spark://host:7077")
                ? cluster.address()
                : word.replaceFirst("^(hdfs://nn|s3a://bucket)/", place + "/"));
      }
      TinyModelFolder.write(Path.of(words.get(words.indexOf("--model") + 1)));
      Path text = Path.of(words.get(words.indexOf("--calibration") + 1));
      Files.createDirectories(text.getParent());
      Files.writeString(text, "abcdefghij".repeat(60));
      words.addAll(List.of("--sequences", "4", "--context", "8"));
      if (parts.length > 1) {
        words.add("--");
        words.addAll(List.of(parts[1].split(" ")));
      }
      CommandRun run = RealLauncher.run(temp, "launcher", Map.of(), words);
      assertThat(run.code()).as(String.join(" ", words) + "\n" + run.err()).isZero();
      Path output = Path.of(words.get(words.indexOf("--output") + 1));
      assertThat(output.resolve("model.safetensors")).exists();
    }
  }
}
