package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A pruned model in the place that the pages give it, {@code out/half}, for commands of other
 * programs that are run there as they stand on the page.
 *
 * @param place where {@code out} is
 */
record PrunedForOthers(Path place) {
  private static final Pattern QUOTED = Pattern.compile("-p \"([^\"]+)\"");

  /** Prunes a model of the demo's text. */
  static PrunedForOthers of(Path place, String model, String... more) throws IOException {
    String text = Files.readString(Checkout.file("jobs/src/main/resources/demo/text/test.txt"));
    Path some = place.resolve("text.txt");
    Files.writeString(some, text.substring(0, 8_000), StandardCharsets.UTF_8);
    List<String> words = new ArrayList<>(List.of("prune", "--model", model, "--calibration"));
    words.addAll(List.of(some.toString(), "--output", place.resolve("out/half").toString()));
    words.addAll(List.of("--sparsity", "0.2", "--shots", "1", "--sequences", "8"));
    words.addAll(List.of("--context", "32", "--quiet"));
    words.addAll(Arrays.asList(more));
    done(words);
    return new PrunedForOthers(place);
  }

  private static String done(List<String> words) {
    CommandRun run = CommandRun.of(words.toArray(String[]::new));
    assertThat(run.code()).as("%s: %s", words, run.err()).isZero();
    return run.out();
  }

  /** Runs a command of ours as the page has it, and with more options. */
  void ours(String line, String... more) {
    List<String> words = new ArrayList<>();
    for (String word : line.replaceFirst("^jobs/surgeon ", "").split(" ")) {
      words.add(word.startsWith("out/") ? place.resolve(word).toString() : word);
    }
    words.addAll(Arrays.asList(more));
    done(words);
  }

  /** What {@code generate} writes after a prompt. */
  String generated(String prompt, int tokens) {
    String all =
        done(
            List.of(
                "generate",
                "--model",
                place.resolve("out/half").toString(),
                "--prompt",
                prompt,
                "--tokens",
                String.valueOf(tokens)));
    assertThat(all).startsWith(prompt);
    return all.substring(prompt.length());
  }

  /**
   * Another program's command, by the shell.
   *
   * @param program what the shell is to find under its own name
   * @param line the command
   */
  ProcessBuilder shell(Path program, String line) {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "exec " + line).directory(place.toFile());
    builder
        .environment()
        .merge("PATH", "", (path, none) -> program.getParent() + File.pathSeparator + path);
    return builder;
  }

  /** The line of the how-to that begins so. */
  static String line(String beginning) throws IOException {
    return Files.readString(Checkout.file("src/site/markdown/how-to.md"))
        .lines()
        .filter(line -> line.startsWith(beginning))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the how-to has no line " + beginning));
  }

  /** The prompt in a command. */
  static String prompt(String line) {
    Matcher quoted = QUOTED.matcher(line);
    assertThat(quoted.find()).as(line).isTrue();
    return quoted.group(1);
  }

  /** A program that a variable names, or one on the path. */
  static Optional<Path> program(String variable, String name) {
    Stream<Path> named = Stream.ofNullable(System.getenv(variable)).map(Path::of);
    Stream.ofNullable(System.getenv(variable))
        .forEach(each -> assertThat(Path.of(each)).as(variable).isExecutable());
    Stream<Path> onPath =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .map(each -> Path.of(each, name));
    return Stream.concat(named, onPath)
        .filter(Files::isExecutable)
        .map(Path::toAbsolutePath)
        .findFirst();
  }
}
