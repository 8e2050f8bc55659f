package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The licence goes with the program, and the list of what it ships of others. */
class LicencesTest {
  /** What the program is built on; others of these publishers belong to Spark. */
  private static final List<Pattern> SHIPPED =
      Stream.of("nd4j-native-[^/]*", "openblas-[^/]*", "picocli-[^/]*", "arrow-vector-[^/]*")
          .map(name -> Pattern.compile("(" + name + ")\\.jar"))
          .toList();

  @Test
  void theLicenceIsInTheProgram() throws IOException {
    assertThat(resource("licences/LICENSE")).contains("Apache License", "Version 2.0");
  }

  @Test
  void theProgramSaysWhatItShipsOfOthers() throws IOException {
    String list = resource("licences/THIRD-PARTY.txt");
    assertThat(list).doesNotContainIgnoringCase("unknown license").contains("Chart.js: MIT");
    List<String> jars =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(jar -> Path.of(jar).getFileName().toString())
            .toList();
    for (Pattern each : SHIPPED) {
      String jar = jars.stream().filter(each.asMatchPredicate()).findFirst().orElseThrow();
      String artifact = jar.replaceFirst("-\\d.*", "");
      assertThat(list).containsPattern(":" + artifact + ":\\d");
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = LicencesTest.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
