package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What a build hands out: the same bytes each time, and in a release all that belongs to one. */
@Tag("packaged")
class ReleaseTest {
  private static final Path APP = Checkout.file("jobs/target/app");
  private static final String RELEASE = "mvn -Prelease verify makes a release";
  private static final List<String> LICENCES =
      List.of(
          "org/llmsurgeon/jobs/licences/LICENSE", "org/llmsurgeon/jobs/licences/THIRD-PARTY.txt");

  private static Path jar(Path folder, String name) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files.filter(file -> file.getFileName().toString().matches(name + "\\.jar")).toList();
      assertThat(found).as("%s in %s", name, folder).hasSize(1);
      return found.get(0);
    }
  }

  private static Path bundle() throws IOException {
    return jar(Checkout.file("jobs/target"), "surgeon-jobs-.*-bundle");
  }

  private static List<Path> own() throws IOException {
    List<Path> jars = new ArrayList<>();
    for (String name : List.of("surgeon-core", "surgeon-pipeline", "surgeon-jobs")) {
      jars.add(jar(APP, name + "-[\\d.]+"));
    }
    return jars;
  }

  /** No time of the build, no order of a file system, and no path of a machine. */
  @Test
  void jarsSayNothingOfWhenAndWhereTheyWereBuilt() throws IOException {
    LocalDateTime time =
        LocalDateTime.ofInstant(
            Instant.parse(System.getProperty("surgeon.timestamp")), ZoneOffset.UTC);
    for (Path jar : own()) {
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        List<? extends ZipEntry> entries = zip.stream().toList();
        assertThat(entries).extracting(ZipEntry::getTimeLocal).containsOnly(time);
        String manifest =
            new String(zip.getInputStream(zip.getEntry("META-INF/MANIFEST.MF")).readAllBytes());
        assertThat(manifest).doesNotContain("Built-By", "Build-Jdk:", "Bnd-LastModified");
        for (ZipEntry entry : entries) {
          if (entry.getName().matches(".*\\.(properties|txt|xml|json|html)")) {
            assertThat(new String(zip.getInputStream(entry).readAllBytes()))
                .as("%s in %s", entry.getName(), jar)
                .doesNotContain(Checkout.file("").toString());
          }
        }
      }
    }
  }

  @Test
  void theLicencesAreInTheProgram() throws IOException {
    assertThat(entries(jar(APP, "surgeon-jobs-[\\d.]+"))).containsAll(LICENCES);
  }

  @Test
  @EnabledIfSystemProperty(named = "surgeon.release", matches = "true", disabledReason = RELEASE)
  void aReleaseHasSourcesJavadocTheBundleAndAListOfContents() throws IOException {
    for (String module : List.of("src", "pipeline", "jobs")) {
      Path folder = Checkout.file(module + "/target");
      assertThat(entries(jar(folder, "surgeon-\\w+-[\\d.]+-sources")))
          .as(module)
          .anyMatch(name -> name.matches("org/llmsurgeon/.*\\.java"));
      assertThat(entries(jar(folder, "surgeon-\\w+-[\\d.]+-javadoc")))
          .as(module)
          .anyMatch(name -> name.matches("org/llmsurgeon/.*\\.html"));
    }
    assertThat(entries(bundle()))
        .contains("org/llmsurgeon/jobs/Surgeon.class", "picocli/CommandLine.class")
        .containsAll(LICENCES);
    JsonNode list = new ObjectMapper().readTree(Checkout.file("target/bom.json").toFile());
    assertThat(list.path("bomFormat").asText()).isEqualTo("CycloneDX");
    TreeSet<String> names = new TreeSet<>();
    list.path("components").forEach(each -> names.add(each.path("name").asText()));
    assertThat(names).contains("picocli", "arrow-vector", "nd4j-native", "openblas", "chart.js");
  }

  /** Natives, services and log settings come out of the one jar as out of many. */
  @Test
  @EnabledIfSystemProperty(named = "surgeon.release", matches = "true", disabledReason = RELEASE)
  void theBundleRunsUnderSparksSubmitProgram(@TempDir Path temp) throws Exception {
    String spark = Checkout.file("pipeline/spark-home/target/jars") + "/*";
    SubmittedLogTest.scores(temp, spark, bundle().toString());
  }

  private static List<String> entries(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      return zip.stream().map(ZipEntry::getName).toList();
    }
  }
}
