package org.llmsurgeon;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.Source;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.resolvers.SelectedClassResolverFromClasspath;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.EvaluationResult;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;

/** Who may use whom. Packages that are still empty pass. */
class LayeringTest {
  private static final String ROOT = "org.llmsurgeon";
  private static final Path SOURCES = Path.of("main", "java");

  private static final List<Rooms> ROOMS =
      List.of(
          Rooms.of(ROOT + ".compute", "", "cpu", "cuda", "bench"),
          Rooms.of(
              ROOT + ".model",
              "config",
              "fields",
              "architecture",
              "weights",
              "pass",
              "layer",
              "head",
              ""),
          Rooms.of(ROOT + ".compute.cpu", "kernel", "operand", ""),
          Rooms.of(ROOT + ".compute.cuda", "driver", "operand", ""),
          Rooms.of(ROOT + ".curvature", "accumulate", ""),
          Rooms.of(ROOT + ".export", "survey", "plan", "", "verify", "gguf"),
          Rooms.of(
              ROOT + ".checkpoint",
              "storage",
              "safetensors",
              "folder",
              "arrow",
              "image",
              "text",
              "token"),
          Rooms.of(
              ROOT + ".pruning",
              "structure",
              "layer",
              "threshold",
              "element",
              "path",
              "merge",
              "baseline"),
          Rooms.of(
              ROOT + ".surgery",
              "setting",
              "catalog",
              "recipe",
              "calibrate",
              "operate",
              "choose",
              "correct",
              "recover",
              "shot",
              "evaluate"));

  private static JavaClasses library;

  /** Reads the compiled classes whose sources are the library's: those of tests are left out. */
  @BeforeAll
  static void readClasses() {
    // The rules need names of foreign classes only; reading BLAS's own class files takes seconds
    ArchConfiguration.get().setClassResolver(SelectedClassResolverFromClasspath.class);
    ArchConfiguration.get().setClassResolverArguments("java", ROOT);
    library =
        new ClassFileImporter()
            .importUrl(Device.class.getProtectionDomain().getCodeSource().getLocation())
            .that(DescribedPredicate.describe("are the library's", LayeringTest::isOfTheLibrary));
  }

  private static boolean isOfTheLibrary(JavaClass each) {
    Path folder = SOURCES.resolve(each.getPackageName().replace('.', '/'));
    return each.getSource()
        .flatMap(Source::getFileName)
        .map(name -> Files.exists(folder.resolve(name)))
        .orElse(false);
  }

  @Test
  void theLibraryIsReallyRead() {
    assertThat(library.contain(Device.class)).isTrue();
    assertThat(library.contain(InputException.class)).isTrue();
    assertThat(library.contain(LayeringTest.class)).as("tests are left out").isFalse();
    assertThat(library).allMatch(each -> each.getPackageName().startsWith(ROOT));
  }

  @Test
  void packagesUseOnlyThoseBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("root")
        .definedBy(ROOT)
        .layer("compute")
        .definedBy(ROOT + ".compute..")
        .layer("curvature")
        .definedBy(ROOT + ".curvature..")
        .layer("pruning")
        .definedBy(ROOT + ".pruning..")
        .layer("model")
        .definedBy(ROOT + ".model..")
        .layer("checkpoint")
        .definedBy(ROOT + ".checkpoint..")
        .layer("surgery")
        .definedBy(ROOT + ".surgery..")
        .layer("export")
        .definedBy(ROOT + ".export..")
        .layer("generation")
        .definedBy(ROOT + ".generation..")
        .layer("arrays")
        .definedBy(ROOT + ".arrays..")
        .whereLayer("root")
        .mayNotAccessAnyLayer()
        .whereLayer("compute")
        .mayOnlyAccessLayers("root")
        .whereLayer("curvature")
        .mayOnlyAccessLayers("root", "compute")
        .whereLayer("pruning")
        .mayOnlyAccessLayers("root", "compute", "curvature")
        .whereLayer("model")
        .mayOnlyAccessLayers("root", "compute")
        .whereLayer("checkpoint")
        .mayOnlyAccessLayers("root", "compute")
        .whereLayer("export")
        .mayOnlyAccessLayers("root", "compute", "model", "checkpoint")
        .whereLayer("generation")
        .mayOnlyAccessLayers("root", "compute", "model", "checkpoint")
        .whereLayer("arrays")
        .mayOnlyAccessLayers("root", "compute", "curvature", "pruning", "checkpoint")
        .whereLayer("arrays")
        .mayNotBeAccessedByAnyLayer()
        .ensureAllClassesAreContainedInArchitecture()
        .check(library);
  }

  @Test
  void roomsUseThoseBeforeThem() throws IOException {
    for (Rooms rooms : ROOMS) {
      assertThat(rooms.unnamed(library)).as("rooms of " + rooms.root()).isEmpty();
      rooms.downwards().check(library);
      assertThat(rooms.importsUpward(Path.of("main", "java"))).isEmpty();
    }
  }

  @Test
  void theRuleOfRoomsCanFail() throws IOException {
    Rooms reversed = Rooms.of(ROOT + ".compute", "cpu", "cuda", "");
    assertThat(reversed.downwards().evaluate(library).hasViolation()).isTrue();
    assertThat(reversed.importsUpward(Path.of("main", "java"))).isNotEmpty();
    assertThat(Rooms.of(ROOT + ".compute", "").unnamed(library)).contains("cpu", "cuda");
  }

  @Test
  void filesRoomsAndRecordsAreSmall() throws IOException {
    assertThat(Sizes.filesOver(Sizes.FILE, SOURCES, Path.of("test", "java"))).isEmpty();
    assertThat(Sizes.roomsOver(Sizes.ROOM, SOURCES)).isEmpty();
    assertThat(Sizes.recordsOver(Sizes.RECORD, library)).isEmpty();
    assertThat(Sizes.filesOver(300, SOURCES, Path.of("test", "java")))
        .as("this can fail")
        .isNotEmpty();
    assertThat(Sizes.roomsOver(1500, SOURCES)).isNotEmpty();
    assertThat(Sizes.recordsOver(7, library)).isNotEmpty();
  }

  /** What only one family of architectures needs; what all decoders share is longer. */
  @Test
  void architecturesAreShort() throws IOException {
    Path folder = SOURCES.resolve("org/llmsurgeon/model/architecture");
    assertThat(Sizes.filesOver(150, folder)).hasSize(1).allMatch(each -> each.contains("Decoder"));
  }

  @Test
  void packagesUseEachOtherWithoutCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(library);
  }

  /**
   * The core is for others to embed. What it does not depend on it cannot use, so a rule about its
   * classes could not fail; this one does when a dependency brings them.
   */
  @Test
  void neitherSparkNorHadoopIsThere() {
    assertThat(Rooms.there("org.apache.spark.SparkContext", "org.apache.hadoop.fs.Path")).isEmpty();
    assertThat(Rooms.there("org.llmsurgeon.compute.Device")).hasSize(1);
  }

  @Test
  void onlyCheckpointKnowsArrow() {
    onlyIn("checkpoint", "org.apache.arrow..");
  }

  @Test
  void onlyComputeKnowsNativeArithmetic() {
    onlyIn("compute", "org.bytedeco..");
    onlyIn(Set.of("compute", "arrays"), "org.nd4j..");
  }

  @Test
  void onlyTheCudaDeviceOpensLibrariesByName() {
    onlyIn("compute.cuda", "com.sun.jna..");
  }

  private static void onlyIn(String owner, String... foreign) {
    onlyIn(Set.of(owner), foreign);
  }

  /** Foreign packages that each of some of ours uses, which it must, and no other. */
  private static void onlyIn(Set<String> owners, String... foreign) {
    String[] packages =
        owners.stream().map(owner -> ROOT + "." + owner + "..").toArray(String[]::new);
    for (String each : foreign) {
      for (String own : packages) {
        assertThat(uses(resideInAPackage(own), each).hasViolation())
            .as("%s uses %s", own, each)
            .isTrue();
      }
      EvaluationResult elsewhere = uses(resideOutsideOfPackages(packages), each);
      assertThat(elsewhere.getFailureReport().getDetails()).isEmpty();
    }
  }

  private static EvaluationResult uses(DescribedPredicate<JavaClass> ours, String foreign) {
    return noClasses()
        .that(ours)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(foreign)
        .evaluate(library);
  }

  @Test
  void nothingPrints() {
    NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS
        .because("only the command line prints")
        .check(library);
  }

  @Test
  void nothingEndsTheProcess() {
    noClasses()
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("only the command line chooses exit codes")
        .check(library);
  }

  @Test
  void publicClassesAreClosedForExtensionOrMeantForIt() {
    classes()
        .that()
        .arePublic()
        .and(DescribedPredicate.describe("are top level", JavaClass::isTopLevelClass))
        .should(beClosedOrAbstract())
        .check(library);
  }

  private static ArchCondition<JavaClass> beClosedOrAbstract() {
    return new ArchCondition<>("be final, sealed, abstract, an interface, an enum or a record") {
      @Override
      public void check(JavaClass each, ConditionEvents events) {
        boolean satisfied =
            each.getModifiers().contains(JavaModifier.FINAL)
                || each.getModifiers().contains(JavaModifier.ABSTRACT)
                || each.isInterface()
                || each.isEnum()
                || each.isRecord()
                || each.reflect().isSealed();
        events.add(
            new SimpleConditionEvent(each, satisfied, each.getName() + " is open for extension"));
      }
    };
  }

  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    Set<Path> packages = new TreeSet<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .map(Path::getParent)
          .forEach(packages::add);
    }
    assertThat(packages).contains(SOURCES.resolve(Path.of("org", "llmsurgeon", "compute")));
    List<Path> silent =
        packages.stream().filter(each -> !Files.exists(each.resolve("package-info.java"))).toList();
    assertThat(silent).as("packages without package-info.java").isEmpty();
  }
}
