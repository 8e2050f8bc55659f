package org.llmsurgeon.jobs.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.jobs.Surgeon;

class SparkRuntimeTest {
  private final Map<String, String> before = new TreeMap<>();

  @TempDir private Path folder;

  private void set(String property, String value) {
    before.putIfAbsent(property, String.valueOf(System.getProperty(property)));
    System.setProperty(property, value);
  }

  @AfterEach
  void restoreProperties() {
    before.forEach(
        (property, value) -> {
          if (value.equals("null")) {
            System.clearProperty(property);
          } else {
            System.setProperty(property, value);
          }
        });
  }

  @Test
  void withoutSettingsSparkRunsInProcessAndOpensNoPortToTheOutside() {
    SparkConf conf = SparkRuntime.settings("surgeon test");

    assertThat(conf.get("spark.master")).isEqualTo("local[*]");
    assertThat(conf.get("spark.app.name")).isEqualTo("surgeon test");
    assertThat(conf.get("spark.ui.enabled")).isEqualTo("false");
    assertThat(conf.get("spark.driver.host")).isEqualTo("127.0.0.1");
    assertThat(conf.get("spark.driver.bindAddress")).isEqualTo("127.0.0.1");
  }

  @Test
  void aContextThatIsNamedAfterTheMainClassIsNamedAfterTheCommand() {
    assertThat(SparkRuntime.MAIN).isEqualTo(Surgeon.class.getName());
    set("spark.app.name", SparkRuntime.MAIN);
    assertThat(SparkRuntime.settings("surgeon test").get("spark.app.name"))
        .isEqualTo("surgeon test");
    set("spark.app.name", "mine");
    assertThat(SparkRuntime.settings("surgeon test").get("spark.app.name")).isEqualTo("mine");
  }

  @Test
  void aClustersDriverIsNotTiedToThisMachine() {
    set("spark.master", "spark://host:7077");

    SparkConf conf = SparkRuntime.settings("surgeon test");

    assertThat(conf.contains("spark.driver.host")).isFalse();
    assertThat(conf.contains("spark.ui.enabled")).isFalse();
    assertThat(conf.get("spark.executorEnv.OPENBLAS_NUM_THREADS")).isEqualTo("1");
    assertThat(conf.get("spark.executorEnv.MALLOC_MMAP_THRESHOLD_")).isEqualTo("1048576");
  }

  @Test
  void givenSettingsWinOverTheDefaultsFileAndThatOverOurs() throws IOException {
    Path file = folder.resolve("spark.conf");
    Files.writeString(
        file,
        "# comment\nspark.master local[3]\nspark.ui.enabled=true\nspark.x  from the file \n",
        StandardCharsets.UTF_8);
    set(SparkRuntime.DEFAULTS, file.toString());
    set("spark.master", "local[1]");
    set("spark.app.name", "mine");

    SparkConf conf = SparkRuntime.settings("surgeon test");

    assertThat(conf.get("spark.master")).isEqualTo("local[1]");
    assertThat(conf.get("spark.app.name")).isEqualTo("mine");
    assertThat(conf.get("spark.ui.enabled")).isEqualTo("true");
    assertThat(conf.get("spark.x")).isEqualTo("from the file");
  }

  @Test
  void executorsKeepTheUsersJavaOptionsAndGetOurs() {
    set("spark.executor.extraJavaOptions", "-Dmine=1");

    assertThat(SparkRuntime.settings("surgeon test").get("spark.executor.extraJavaOptions"))
        .contains("-Dorg.bytedeco.javacpp.maxphysicalbytes=0")
        .contains("-XX:+UseParallelGC ")
        .endsWith(" -Dmine=1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"extraJavaOptions", "defaultJavaOptions"})
  void executorsGetNoSecondCollector(String options) {
    set("spark.executor." + options, "-Dmine=1 -XX:+UseG1GC");

    assertThat(SparkRuntime.settings("surgeon test").get("spark.executor.extraJavaOptions"))
        .doesNotContain("ParallelGC");
  }

  @Test
  void aMissingDefaultsFileIsNamed() {
    set(SparkRuntime.DEFAULTS, folder.resolve("none.conf").toString());

    assertThatThrownBy(() -> SparkRuntime.settings("surgeon test"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none.conf");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "spark://", "local[two]"})
  void aMasterThatSparkDoesNotKnowIsBadInput(String master) {
    set("spark.master", master);

    assertThatThrownBy(
            () -> SparkRuntime.start("test", new PrintWriter(new StringWriter()), "interrupted"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'" + master + "'");
  }

  @Test
  void aStartedContextComputesAndIsStoppedInTheEnd() {
    set("spark.master", "local[1]");
    SparkRuntime spark =
        SparkRuntime.start("test", new PrintWriter(new StringWriter()), "interrupted");
    try (spark) {
      assertThat(spark.context().parallelize(List.of(1, 2, 3), 2).count()).isEqualTo(3);
    }
    assertThat(spark.context().sc().isStopped()).isTrue();
  }
}
