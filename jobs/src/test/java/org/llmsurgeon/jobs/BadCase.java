package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Good input, of which a test makes one thing bad, and how that is refused. */
abstract class BadCase {
  @TempDir Path folder;

  TinyModelFolder model;
  Path text;
  Path output;

  @BeforeAll
  static void sparkOnOneCore() {
    System.setProperty("spark.master", "local[1]");
  }

  @AfterAll
  static void sparkAsItWas() {
    System.clearProperty("spark.master");
  }

  @BeforeEach
  void writeGoodInput() throws IOException {
    model = TinyModelFolder.write(folder.resolve("model"));
    text = folder.resolve("text.txt");
    Files.writeString(text, "abcdefghij".repeat(40), StandardCharsets.UTF_8);
    output = folder.resolve("pruned");
  }

  /** Prunes the good input, with these options in place of or beside the usual ones. */
  CommandRun prune(String... more) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--model", model.folder().toString());
    options.put("--calibration", text.toString());
    options.put("--output", output.toString());
    options.put("--shots", "1");
    options.put("--sparsity", "0.2");
    options.put("--sequences", "4");
    options.put("--context", "10");
    List<String> switches = new ArrayList<>(List.of("--quiet"));
    for (int i = 0; i < more.length; i++) {
      if (more[i].equals("--overwrite")) {
        switches.add(more[i]);
      } else {
        options.put(more[i], more[++i]);
      }
    }
    List<String> arguments = new ArrayList<>(List.of("prune"));
    if (options.get("--calibration").endsWith(".safetensors")) {
      options.keySet().removeAll(List.of("--sequences", "--context"));
    }
    options.forEach((name, value) -> arguments.addAll(List.of(name, value)));
    arguments.addAll(switches);
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  /** One sentence that has all of this, exit code 2, and no file of a model. */
  void refused(CommandRun run, String... parts) throws IOException {
    assertThat(run.err()).contains(parts);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("surgeon: ").doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(2);
    assertThat(filesOf(output)).isSubsetOf(".surgeon-run");
    if (Files.exists(output)) {
      assertThat(filesOf(output)).as("no empty folder is left").isNotEmpty();
    }
    assertThat(filesOf(folder)).noneMatch(name -> name.startsWith("."));
  }

  static List<String> filesOf(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
