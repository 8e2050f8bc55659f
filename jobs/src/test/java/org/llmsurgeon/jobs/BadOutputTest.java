package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Places that cannot be written or hold something else: one sentence, 2, nothing left. */
class BadOutputTest extends BadCase {
  @Test
  void anOutputThatHoldsSomethingElse() throws IOException {
    Files.createDirectories(output);
    Path thesis = output.resolve("thesis.txt");
    Files.writeString(thesis, "mine", StandardCharsets.UTF_8);

    CommandRun run = prune();

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("thesis.txt").contains("--overwrite");
    assertThat(run.err().lines()).hasSize(1);
    assertThat(filesOf(output)).containsExactly("thesis.txt");
  }

  @Test
  void anOutputThatIsAFileOrLiesBelowOne() throws IOException {
    Path file = folder.resolve("file");
    Files.writeString(file, "mine", StandardCharsets.UTF_8);

    refused(prune("--output", file.toString()), file.toString());
    refused(prune("--output", file.resolve("pruned").toString()), file.toString());
    assertThat(file).hasContent("mine");
  }

  /** A result never takes the place of a model's file, of a text, or of what the run writes. */
  @Test
  void aResultThatWouldReplaceAnotherFile() throws IOException {
    String why = " is a file that no run wrote as its result; choose another one, or delete it.";
    Path config = model.folder().resolve("config.json");
    String before = Files.readString(config);
    for (Path file : List.of(config, text)) {
      refused(prune("--result", file.toString()), "surgeon: The result " + file + why);
    }
    assertThat(config).hasContent(before);
    assertThat(output).doesNotExist();
    Path own = output.resolve("config.json");
    CommandRun late = prune("--result", own.toString());
    assertThat(late.err()).contains("surgeon: The result " + own + why);
    assertThat(late.code()).isEqualTo(2);
    assertThat(own).content().contains("architectures");
    String result = folder.resolve("result.json").toString();
    assertThat(prune("--result", result).code()).isZero();
    assertThat(prune("--result", result).code()).as("again").isZero();
  }

  /** Where the kernel lets nobody make a file, whatever the permissions. */
  @EnabledOnOs(OS.LINUX)
  @Test
  void anOutputThatCannotBeWritten() throws IOException {
    String nowhere = "/proc/x";
    String why = " cannot be written (no folder can be made there); choose ";
    String folderOf = model.folder().toString();
    refused(prune("--output", nowhere), "surgeon: The output /proc/x" + why);
    refused(prune("--run", nowhere), "surgeon: The run directory /proc/x" + why);
    refused(prune("--result", nowhere + "/r.json"), "surgeon: The result /proc/x/r.json" + why);
    refused(prune("--result", folderOf), folderOf + " is a folder; give a file.");
    assertThat(output).doesNotExist();
    List<String> data = List.of("--calibration", text.toString(), "--sequences", "4");
    for (String command : List.of("factors", "scores")) {
      List<String> words = new ArrayList<>(List.of(command, "-q", "--model", folderOf));
      words.addAll(data);
      words.addAll(List.of("--context", "10", "--output", nowhere + "/a.safetensors"));
      CommandRun run = CommandRun.of(words.toArray(String[]::new));
      refused(run, "surgeon: The output /proc/x/a.safetensors" + why);
    }
    List<String> compare = new ArrayList<>(List.of("compare", "-q", "--model", folderOf));
    compare.addAll(data);
    compare.addAll(List.of("--context", "10", "--sparsity", "0.2", "--test", text.toString()));
    compare.addAll(List.of("--methods", "magnitude", "--output", nowhere));
    refused(CommandRun.of(compare.toArray(String[]::new)), "surgeon: The output /proc/x" + why);
    refused(
        CommandRun.of("export", "-q", "--model", folderOf, "--output", nowhere),
        "surgeon: The output /proc/x" + why);
    refused(
        CommandRun.of("export", "-q", "--model", folderOf, "--gguf", nowhere + "/a.gguf"),
        "surgeon: The file /proc/x/a.gguf" + why);
    refused(CommandRun.of("demo", "-q", "--output", nowhere), "surgeon: The output /proc/x" + why);
  }

  @Test
  void anOutputInsideTheModelFolder() throws IOException {
    refused(prune("--output", model.folder().toString()), "model folder");
    refused(prune("--output", model.file("pruned").toString()), "model folder");
    assertThat(model.file("pruned")).doesNotExist();
  }
}
