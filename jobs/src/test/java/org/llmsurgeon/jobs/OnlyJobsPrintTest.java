package org.llmsurgeon.jobs;

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
import org.llmsurgeon.Rooms;
import org.llmsurgeon.Sizes;

/**
 * The library says what it has to say through return values, exceptions and logs; jobs have rooms.
 */
@AnalyzeClasses(
    packages = "org.llmsurgeon",
    importOptions = {ImportOption.DoNotIncludeTests.class, OnlyJobsPrintTest.NoTestJars.class})
class OnlyJobsPrintTest {
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
  static void roomsUseThoseBeforeThem(JavaClasses classes) {
    Rooms rooms =
        Rooms.of(
            "org.llmsurgeon.jobs", "terminal", "option", "runtime", "watch", "command", "demo", "");
    assertThat(rooms.unnamed(classes)).isEmpty();
    rooms.downwards().check(classes);
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

  /** The tests of other modules come as jars. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }
}
