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
import java.io.Serializable;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.Rooms;
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
  void roomsUseThoseBeforeThem() {
    assertThat(ROOMS.unnamed(CLASSES)).isEmpty();
    ROOMS.downwards().check(CLASSES);
  }

  @Test
  void theRuleOfRoomsCanFail() {
    Rooms swapped = Rooms.of(ROOMS.root(), "cluster", "files");
    assertThat(swapped.downwards().evaluate(CLASSES).hasViolation()).isTrue();
    assertThat(swapped.unnamed(CLASSES)).contains("run", "prune");
  }

  @Test
  void thePipelineDoesNotKnowTheCommandLine() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.llmsurgeon.jobs..")
        .check(CLASSES);
  }

  @Test
  void thePipelineReachesNumbersThroughDevicesAndArrowThroughCheckpoints() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.nd4j..", "org.bytedeco..", "org.apache.arrow..", "ai.djl..")
        .check(CLASSES);
  }

  @Test
  void nothingIsPrintedAndNothingEndsTheProcess() {
    noClasses().should(ACCESS_STANDARD_STREAMS).check(CLASSES);
    noClasses().should().callMethod(System.class, "exit", int.class).check(CLASSES);
    noClasses().should().callMethod(Runtime.class, "halt", int.class).check(CLASSES);
  }

  @Test
  void onlySparkCoreIsUsed() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.spark.sql..", "org.apache.spark.ml..", "org.apache.spark.mllib..")
        .check(CLASSES);
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
