package org.llmsurgeon.pipeline.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunInputs;

/** What a folder of a comparison keeps, and what it refuses. */
class ComparisonFolderTest {
  private static final RunInputs INPUTS = inputs("1");
  private static final String KEY = "obd-0123456789abcdef";

  @TempDir private Path temp;
  private Path output;

  @BeforeEach
  void name() {
    output = temp.resolve("out");
  }

  private static RunInputs inputs(String test) {
    return new RunInputs(
        new HashedFile("/m", "a"),
        List.of(new HashedFile("/c", "b")),
        List.of(new HashedFile("/t", test)));
  }

  /** As another process sees it. */
  private ComparisonFolder folder() {
    return new ComparisonFolder(new HadoopStorage(new Configuration()), output.toString());
  }

  private ComparisonFolder begun(RunInputs inputs, boolean overwrite) {
    ComparisonFolder folder = folder();
    folder.requireUsable("/m", overwrite);
    folder.begin(inputs, overwrite, () -> {});
    return folder;
  }

  private static ComparedRun run(double perplexity) {
    return new ComparedRun(
        new ComparedRun.Way("obd", "kfac", "", 0.5, 1, "global", "none"),
        new ComparedRun.Outcome(0.5, perplexity, 1.0, 1.0, 7L, null),
        null);
  }

  private void keep(ComparisonFolder folder, double perplexity) {
    folder.keep(KEY, new ComparisonFolder.Finished(Map.of("sparsity", 0.5), run(perplexity)));
  }

  private void refused(RunInputs inputs, String... said) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> begun(inputs, false))
        .satisfies(refusal -> assertThat(refusal.getMessage()).contains(said).endsWith("."));
  }

  @Test
  void aRunThatIsKeptIsThereForALaterCommand() {
    ComparisonFolder folder = begun(INPUTS, false);
    assertThat(folder.finished(KEY)).isEmpty();
    keep(folder, 3.5);
    assertThat(begun(INPUTS, false).finished(KEY)).contains(run(3.5));
    assertThat(begun(INPUTS, false).finished("obd-0000000000000000")).isEmpty();
  }

  @Test
  void nothingIsThrownAwayBeforeTheFirstRunIsDone() {
    keep(begun(INPUTS, false), 3.5);
    ComparisonFolder anew = begun(inputs("2"), true);
    assertThat(anew.finished(KEY)).isEmpty();
    assertThat(begun(INPUTS, false).finished(KEY)).contains(run(3.5));
    keep(anew, 4.5);
    refused(INPUTS, "another test text", "--overwrite");
    assertThat(begun(inputs("2"), false).finished(KEY)).contains(run(4.5));
  }

  @Test
  void runsOfAnotherFormatAreRefused() throws IOException {
    keep(begun(INPUTS, false), 3.5);
    Path inputs = output.resolve("compare-runs/inputs.json");
    String json = Files.readString(inputs);
    assertThat(json).containsPattern("\"format\" ?: ?\\d");
    Files.writeString(inputs, json.replaceFirst("(\"format\" ?: ?)\\d+", "$10"));
    // Hadoop keeps a checksum beside what it wrote.
    Files.deleteIfExists(output.resolve("compare-runs/.inputs.json.crc"));
    refused(INPUTS, "another version of this program", "--overwrite");
  }

  @Test
  void aRecordThatWasCutShortIsNoRun() throws IOException {
    keep(begun(INPUTS, false), 3.5);
    Path record = output.resolve("compare-runs/" + KEY + ".json");
    Files.write(record, java.util.Arrays.copyOf(Files.readAllBytes(record), 20));
    Files.deleteIfExists(output.resolve("compare-runs/." + KEY + ".json.crc"));
    assertThat(begun(INPUTS, false).finished(KEY)).isEmpty();
  }

  @Test
  void whatSomebodyElsePutThereIsNotTouched() throws IOException {
    Path records = Files.createDirectories(output.resolve("compare-runs"));
    Files.writeString(records.resolve("notes.txt"), "mine");
    refused(INPUTS, records.toString(), "notes.txt", "choose another --output");
    assertThat(records.resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void tablesWithoutTheirRunsAreReplacedOnlyWhereThatIsSaid() throws IOException {
    Files.createDirectories(output);
    Files.writeString(output.resolve("compare.csv"), "an old table");
    refused(INPUTS, "compare.csv exists, without the runs", "--overwrite");
    ComparisonFolder folder = begun(INPUTS, true);
    assertThat(output.resolve("compare.csv")).hasContent("an old table");
    keep(folder, 3.5);
    folder.tables(List.of(run(3.5)));
    assertThat(Files.readString(output.resolve("compare.csv")))
        .contains("obd")
        .doesNotContain("an old table");
    assertThat(Files.readString(output.resolve("compare.json"))).contains("3.5");
    assertThat(output.resolve("compare.html")).exists();
  }

  @Test
  void theModelsOwnFolderIsRefused() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> folder().requireUsable(output.toString(), true));
  }
}
