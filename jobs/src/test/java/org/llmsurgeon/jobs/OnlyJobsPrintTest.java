package org.llmsurgeon.jobs;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.EvaluationResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.llmsurgeon.Doors;
import org.llmsurgeon.Rooms;
import org.llmsurgeon.Sizes;

/**
 * The library says what it has to say through return values, exceptions and logs; jobs have rooms.
 */
@AnalyzeClasses(
    packages = "org.llmsurgeon",
    importOptions = {ImportOption.DoNotIncludeTests.class, OnlyJobsPrintTest.NoTestJars.class})
class OnlyJobsPrintTest {
  /** The main class, services, and what Spark makes of a setting. */
  private static final Set<String> LOADED_BY_NAME =
      Set.of(
          "jobs.Surgeon",
          "jobs.runtime.ExecutorWatch",
          "compute.cpu.CpuProvider",
          "compute.cuda.CudaProvider");

  /** Supertypes of what is used, and what callers may catch. */
  private static final Set<String> PARTS_OF_TYPES =
      Set.of(
          "compute.LinearAlgebra",
          "compute.NetworkKernels",
          "compute.cuda.driver.CudaException",
          "compute.cuda.driver.CudaMemoryException");

  /** What a lambda is, what is passed on and not looked at, and constants, which javac copies. */
  private static final Set<String> UNSEEN =
      Set.of(
          "checkpoint.folder.IndexedTensors",
          "checkpoint.folder.TensorSource",
          "jobs.watch.RunObserver",
          "pipeline.factors.ShardFile",
          "pruning.element.ElementCurvature",
          "pruning.element.JointCurvature",
          "surgery.calibrate.SumReceiver");

  /** For programs that embed the library. */
  private static final Set<String> FOR_EMBEDDERS =
      Set.of("arrays.ArrayFile", "arrays.CostArrays", "arrays.FactorArrays");

  /** What tests of other rooms make or read themselves. */
  private static final Set<String> FOR_TESTS =
      Set.of(
          "checkpoint.folder.ShardIndex",
          "compute.cuda.CudaDevice",
          "compute.cuda.operand.KernelSource",
          "pipeline.report.EffectiveRecipe",
          "pipeline.report.ReportPage",
          "surgery.catalog.Preset",
          "surgery.correct.TrainerSchedule");

  @ArchTest
  static void onlyJobsPrintOrEndTheProcess(JavaClasses classes) {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.llmsurgeon.jobs..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(classes);
  }

  @ArchTest
  static void roomsUseThoseBeforeThem(JavaClasses classes) throws IOException {
    Rooms rooms =
        Rooms.of(
            "org.llmsurgeon.jobs", "terminal", "option", "runtime", "watch", "command", "demo", "");
    assertThat(rooms.unnamed(classes)).isEmpty();
    rooms.downwards().check(classes);
    assertThat(rooms.importsUpward(Path.of("src", "main", "java"))).isEmpty();
    assertThat(Rooms.of(rooms.root(), "command", "terminal").downwards().evaluate(classes))
        .as("the rule can fail")
        .matches(EvaluationResult::hasViolation);
  }

  @ArchTest
  static void filesRoomsAndRecordsAreSmall(JavaClasses classes) throws IOException {
    assertThat(Sizes.filesOver(Sizes.FILE, Path.of("src"))).isEmpty();
    assertThat(Sizes.roomsOver(Sizes.ROOM, Path.of("src", "main", "java"))).isEmpty();
    assertThat(Sizes.recordsOver(Sizes.RECORD, classes)).isEmpty();
    assertThat(Sizes.filesOver(300, Path.of("src"))).as("this can fail").isNotEmpty();
    assertThat(Sizes.roomsOver(1500, Path.of("src", "main", "java"))).isNotEmpty();
    assertThat(Sizes.recordsOver(4, classes)).isNotEmpty();
  }

  /**
   * Of all three modules, as only here each of them has all its users. What is public for another
   * reason stands in a list.
   */
  @ArchTest
  static void whatIsPublicHasAUserInAnotherPackage(JavaClasses classes) {
    Set<String> open = new TreeSet<>();
    open.addAll(LOADED_BY_NAME);
    open.addAll(PARTS_OF_TYPES);
    open.addAll(UNSEEN);
    open.addAll(FOR_EMBEDDERS);
    open.addAll(FOR_TESTS);
    assertThat(Doors.unused(classes)).isEqualTo(open);
    assertThat(Doors.unused(classes.that(resideInAPackage("org.llmsurgeon.pipeline.."))))
        .as("the rule can fail: the command line is the user of these")
        .contains("pipeline.SurgeonPipeline", "pipeline.cluster.GpuPolicy");
  }

  /** The tests of other modules come as jars. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }
}
