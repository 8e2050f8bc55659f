package org.llmsurgeon.jobs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;

/** The library says what it has to say through return values, exceptions and logs. */
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

  /** The tests of other modules come as jars. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }
}
