package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page's commands for llama.cpp: a pruned model as a GGUF file, and what a real llama.cpp
 * writes with it. {@code SURGEON_LLAMA_COMPLETION} names its program {@code llama-completion}, else
 * there is one on the path.
 */
class LlamaCompletionTest {
  private static final String PROGRAM = "llama-completion";

  /** What it puts where the model has come to an end. */
  private static final String END = "[end of text]";

  @TempDir Path temp;

  /** What it writes to standard output; its log, which goes elsewhere, if it fails. */
  private String written(PrunedForOthers pruned, Path program, String line) throws Exception {
    Path out = temp.resolve("completion.txt");
    Path log = temp.resolve("completion.log");
    Process process =
        pruned
            .shell(program, line)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(log.toFile())
            .start();
    boolean ended = process.waitFor(2, TimeUnit.MINUTES);
    process.destroyForcibly();
    String said = Files.readString(log);
    assertThat(ended).as(said).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    String text = Files.readString(out, StandardCharsets.UTF_8).strip();
    return text.endsWith(END) ? text.substring(0, text.length() - END.length()).strip() : text;
  }

  @Test
  void thePagesCommandsWriteTheModelsText() throws Exception {
    Optional<Path> program = PrunedForOthers.program("SURGEON_LLAMA_COMPLETION", PROGRAM);
    assumeTrue(program.isPresent(), "no llama-completion; set SURGEON_LLAMA_COMPLETION");
    String demo = Checkout.file("jobs/src/main/resources/demo/model").toString();
    PrunedForOthers pruned = PrunedForOthers.of(temp, demo);
    String export = PrunedForOthers.line("jobs/surgeon export --model out/half --gguf");
    String completion = PrunedForOthers.line(PROGRAM);
    String prompt = PrunedForOthers.prompt(completion);

    pruned.ours(export);
    String drawn = written(pruned, program.get(), completion);
    assertThat(drawn).startsWith(prompt).hasSizeGreaterThan(prompt.length() + 10);

    // The likeliest token always, of numbers that are not rounded: the same text as here
    String exact = "out/exact.gguf";
    pruned.ours("export --model out/half --gguf " + exact + " --gguf-type F32");
    String likeliest =
        written(pruned, program.get(), completion.replace("out/half.gguf", exact) + " --temp 0");
    assertThat(likeliest).isEqualTo((prompt + pruned.generated(prompt, 40)).strip());
  }
}
