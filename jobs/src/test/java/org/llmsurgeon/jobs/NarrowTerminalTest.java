package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.jobs.terminal.TextTable;

/** What terminals of 40 and of 80 columns show. */
class NarrowTerminalTest {
  private static final int COLUMNS = 40;

  @BeforeEach
  void narrow() {
    System.setProperty(TextTable.COLUMNS, String.valueOf(COLUMNS));
  }

  @AfterEach
  void wide() {
    System.clearProperty(TextTable.COLUMNS);
  }

  static Stream<String> commands() {
    return Surgeon.commandLine().getSubcommands().keySet().stream();
  }

  /** Nothing is wider but words that have no space: names of options and choices. */
  private static void assertNarrow(String text) {
    assertThat(text.lines())
        .allMatch(line -> line.length() <= COLUMNS || !line.strip().contains(" "));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpIsReadable(String command) {
    CommandRun help = CommandRun.of("help", command);
    assertThat(help.code()).isZero();
    assertNarrow(help.out());
    assertThat(help.out()).contains("Usage: surgeon " + command);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpFitsATerminalOf80Columns(String command) {
    System.setProperty(TextTable.COLUMNS, "80");
    CommandRun help = CommandRun.of("help", command);
    assertThat(help.out()).contains("Usage: surgeon " + command);
    assertThat(help.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void theListOfCommandsIsReadable() {
    CommandRun help = CommandRun.of("--help");
    assertNarrow(help.out());
    assertThat(help.out()).contains("\nprune\n    Prunes a model in several shots.\n");
  }

  @Test
  void tablesAndRecipesAreReadable() {
    CommandRun inspect = CommandRun.of("inspect", "--model", "src/main/resources/demo/model");
    assertThat(inspect.code()).isZero();
    assertNarrow(inspect.out());
    CommandRun plan =
        CommandRun.of(
            "plan",
            "--model",
            "src/main/resources/demo/model",
            "--gflops",
            "1",
            "--gflops-double",
            "1",
            "--disk",
            "1");
    assertNarrow(plan.out());
    assertThat(plan.out()).contains("stage accumulate\n  times ");
    for (String each : List.of("recipes", "help")) {
      assertNarrow(CommandRun.of(each).out());
    }
  }
}
