package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion in the shells that it is for. */
class CompletionTest {
  /** What the README says of it: how it is loaded, and what zsh needs before. */
  private static final Pattern LOADED =
      Pattern.compile("`(source <\\([^`]*completion\\))` completes [^`]* zsh after `([^`]*)`");

  /** Says the completion, and writes down what else it is asked. */
  private static final String LAUNCHER =
      """
      #!/bin/sh
      if [ "$1" = completion ]; then cat completion.sh; else echo "$*" >>asked; fi
      """;

  /** A zsh that types into another one, at a terminal, and says what that shows. */
  private static final String TYPED =
      """
      zmodload zsh/zpty || exit 3
      await() {
        zpty -r -m shell said "*$1*" || exit 4
        print -rn -- "$said"
      }
      zpty shell "zsh -f -i"
      zpty -w shell "PS1='at'-'prompt> '"
      await 'at-prompt> '
      while read -r line; do
        zpty -w shell "$line"
        await 'at-prompt> '
      done <load
      zpty -w shell $'jobs/surgeon prune --spars\\t'
      await 'at-prompt> '
      zpty -w shell $'jobs/surgeon eval\\t'
      await 'at-prompt> '
      zpty -w -n shell $'jobs/surgeon prune --s\\t'
      await '--schedule'
      """;

  @TempDir Path folder;

  @BeforeEach
  void printScript() throws IOException {
    CommandRun run = CommandRun.of("completion");
    assertThat(run.code()).isZero();
    Files.writeString(folder.resolve("completion.sh"), run.out());
  }

  @Test
  void bashTakesTheScriptAndKnowsCommandsAndOptions() throws Exception {
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                ". "
                    + folder.resolve("completion.sh")
                    + "; COMP_WORDS=(surgeon prune --spars); COMP_CWORD=2; _complete_surgeon;"
                    + " printf '%s ' \"${COMPREPLY[@]}\"; COMP_WORDS=(surgeon com); COMP_CWORD=1;"
                    + " _complete_surgeon; printf '%s ' \"${COMPREPLY[@]}\"")
            .start();
    String words = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).isZero();
    assertThat(words.split(" ")).contains("--sparsity", "compare", "completion");
  }

  @Test
  void zshCompletesWhatIsTypedAfterItIsLoadedAsTheReadmeSays() throws Exception {
    assumeTrue(isOnPath("zsh"), "no zsh on the path");
    Path launcher = Files.createDirectory(folder.resolve("jobs")).resolve("surgeon");
    assertThat(Files.writeString(launcher, LAUNCHER).toFile().setExecutable(true)).isTrue();
    String readme = Files.readString(Checkout.file("README.md")).replaceAll("\\s+", " ");
    Matcher loaded = LOADED.matcher(readme);
    assertThat(loaded.find()).as("the README says how it is loaded").isTrue();
    Files.writeString(folder.resolve("load"), loaded.group(2) + "\n" + loaded.group(1) + "\n");

    String shown = typed();

    assertThat(folder.resolve("asked")).content().isEqualTo("prune --sparsity\nevaluate\n");
    assertThat(shown).contains("--schedule");
  }

  /** What the terminal shows. */
  private String typed() throws Exception {
    Path script = Files.writeString(folder.resolve("typed.zsh"), TYPED);
    Path shown = folder.resolve("shown");
    ProcessBuilder zsh = new ProcessBuilder("zsh", "-f", script.toString());
    zsh.environment().put("HOME", folder.toString());
    zsh.environment().put("TERM", "xterm");
    Process process =
        zsh.directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(shown.toFile())
            .start();
    boolean ended = process.waitFor(1, TimeUnit.MINUTES);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    String text = Files.readString(shown, StandardCharsets.ISO_8859_1);
    assertThat(ended).as(text).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }

  private static boolean isOnPath(String program) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(each -> Files.isExecutable(Path.of(each, program)));
  }
}
