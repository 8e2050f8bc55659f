package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.Literals;
import picocli.CommandLine;

/** A remedy that names an option can be followed: some command has it. */
class NamedOptionsTest {
  private static final List<String> SOURCES =
      List.of("src/main/java", "pipeline/src/main/java", "jobs/src/main/java");

  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9-]*");

  /** Options of the launcher, of Spark after its {@code --}, of Java, and of a compiler. */
  private static final Set<String> OF_OTHERS =
      Set.of(
          "--master",
          "--dry-run",
          "--conf",
          "--driver-memory",
          "--executor-memory",
          "--properties-file",
          "--add-modules",
          "--add-opens",
          "--gpu-architecture");

  private static Stream<String> options(String text) {
    return OPTION.matcher(text).results().map(MatchResult::group);
  }

  /** Options in texts that no command has. */
  private static Set<String> unknown(Path folder) throws IOException {
    CommandLine surgeon = Surgeon.commandLine();
    Set<String> known = new TreeSet<>(OF_OTHERS);
    Stream.concat(Stream.of(surgeon), surgeon.getSubcommands().values().stream())
        .flatMap(command -> command.getCommandSpec().options().stream())
        .forEach(option -> known.addAll(List.of(option.names())));
    return Literals.found(text -> options(text).filter(each -> !known.contains(each)), folder);
  }

  @Test
  void eachIsOneOfSomeCommand() throws IOException {
    Set<String> ofOthers = new TreeSet<>();
    for (String folder : SOURCES) {
      assertThat(unknown(Checkout.file(folder))).as(folder).isEmpty();
      Literals.found(text -> options(text).filter(OF_OTHERS::contains), Checkout.file(folder))
          .forEach(found -> ofOthers.add(found.replaceFirst(".*: ", "")));
    }
    assertThat(ofOthers).as("no more are allowed than are named").isEqualTo(OF_OTHERS);
  }

  @Test
  void oneThatNoCommandHasIsFound(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("Remedy.java"),
        """
        /* Comments may say --anything. */ // and --so 'on'
        char quote = '"';
        String files = "in 'data/*.txt'; give --sparsty 0.5 or " + "--output"; // --none */
        """);
    assertThat(unknown(folder)).containsExactly("Remedy.java: --sparsty");
  }
}
