package org.llmsurgeon.pipeline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Rooms;
import org.llmsurgeon.Sizes;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.TaskFunction;

class LayeringTest {
  private static final Pattern TEST_CLASS = Pattern.compile(".*Test(\\$.*)?\\.class");
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.matches(TEST_CLASS))
          .importPackages("org.llmsurgeon.pipeline");

  private static final Rooms ROOMS =
      Rooms.of(
          "org.llmsurgeon.pipeline",
          "files",
          "cluster",
          "run",
          "parquet",
          "example",
          "text",
          "weights",
          "shot",
          "factors",
          "cut",
          "evaluate",
          "correct",
          "forecast",
          "report",
          "output",
          "prune",
          "analyse",
          "compare",
          "");

  @Test
  void roomsUseThoseBeforeThem() throws IOException {
    for (Rooms rooms : List.of(ROOMS, Rooms.of(ROOMS.root() + ".forecast", "size", ""))) {
      assertThat(rooms.unnamed(CLASSES)).isEmpty();
      rooms.downwards().check(CLASSES);
      assertThat(rooms.importsUpward(Path.of("src", "main", "java"))).isEmpty();
    }
  }

  @Test
  void filesRoomsAndRecordsAreSmall() throws IOException {
    assertThat(Sizes.filesOver(Sizes.FILE, Path.of("src"))).isEmpty();
    assertThat(Sizes.roomsOver(Sizes.ROOM, Path.of("src", "main", "java"))).isEmpty();
    assertThat(Sizes.recordsOver(Sizes.RECORD, CLASSES)).isEmpty();
    assertThat(Sizes.filesOver(300, Path.of("src"))).as("this can fail").isNotEmpty();
    assertThat(Sizes.roomsOver(1500, Path.of("src", "main", "java"))).isNotEmpty();
    assertThat(Sizes.recordsOver(7, CLASSES)).isNotEmpty();
  }

  @Test
  void theRuleOfRoomsCanFail() {
    Rooms swapped = Rooms.of(ROOMS.root(), "cluster", "files");
    assertThat(swapped.downwards().evaluate(CLASSES).hasViolation()).isTrue();
    assertThat(swapped.unnamed(CLASSES)).contains("run", "prune");
  }

  /**
   * What is not on the class path cannot be used, so a rule about its classes could not fail; this
   * one does when a dependency brings the command line, its parser, or more of Spark than its core.
   */
  @Test
  void neitherTheCommandLineNorMoreThanTheCoreOfSparkIsThere() {
    assertThat(
            Rooms.there(
                "org.llmsurgeon.jobs.Surgeon",
                "picocli.CommandLine",
                "org.apache.spark.sql.SparkSession",
                "org.apache.spark.ml.Pipeline"))
        .isEmpty();
    assertThat(Rooms.there("org.apache.spark.SparkContext")).hasSize(1);
  }

  @Test
  void thePipelineReachesNumbersThroughDevicesAndArrowThroughCheckpoints() {
    assertThat(
            Rooms.there(
                "org.bytedeco.javacpp.Pointer",
                "org.apache.arrow.vector.FieldVector",
                "ai.djl.huggingface.tokenizers.HuggingFaceTokenizer"))
        .as("what could be used")
        .hasSize(3);
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.bytedeco..", "org.apache.arrow..", "ai.djl..", "org.nd4j..")
        .check(CLASSES);
  }

  @Test
  void nothingIsPrintedAndNothingEndsTheProcess() {
    noClasses().should(ACCESS_STANDARD_STREAMS).check(CLASSES);
    noClasses().should().callMethod(System.class, "exit", int.class).check(CLASSES);
    noClasses().should().callMethod(Runtime.class, "halt", int.class).check(CLASSES);
  }

  @Test
  void thePlannerRunsNothing() {
    noClasses()
        .that()
        .haveSimpleName("RunPlanner")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.spark..",
            "org.llmsurgeon.pipeline.cluster..",
            "org.llmsurgeon.pipeline.files..",
            "org.llmsurgeon.pipeline.weights..")
        .check(CLASSES);
  }

  @Test
  void noTensorTravels() {
    noFields()
        .that()
        .areDeclaredInClassesThat()
        .implement(Serializable.class)
        .should()
        .haveRawType(JavaClass.Predicates.assignableTo(Tensor.class))
        .check(CLASSES);
  }

  @Test
  void whatRunsOnExecutorsIsARecord() {
    classes().that().implement(TaskFunction.class).should().beRecords().check(CLASSES);
  }
}
