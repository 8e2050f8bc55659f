package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The bash launcher, in a copy of the project's folders whose name has a space. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherTest {
  @TempDir private Path folder;

  private final Map<String, String> environment = new TreeMap<>();
  private Path root;
  private Path launcher;

  @BeforeEach
  void copyLauncher() throws IOException {
    root = folder.toRealPath().resolve("my project");
    launcher = root.resolve("jobs").resolve("surgeon");
    Path app = root.resolve("jobs/target/app");
    Files.createDirectories(app);
    Files.createDirectories(root.resolve("pipeline/spark-home/target/jars"));
    Files.copy(Checkout.file("jobs/surgeon"), launcher);
    launcher.toFile().setExecutable(true);
    for (String jar : List.of("a.jar", "b.jar", "surgeon-jobs-1.jar")) {
      Files.createFile(app.resolve(jar));
    }
    environment.put("PATH", System.getenv("PATH"));
  }

  private CommandRun run(Path script, Path directory, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    return process(directory, command);
  }

  /**
   * Runs a command and waits until nobody can write to its standard error any more: the launcher
   * passes that on from another process, and Java forgets what comes after its own child has ended.
   */
  private CommandRun process(Path directory, List<String> command) throws Exception {
    Path err = Files.createTempFile(folder, "run", ".err");
    String waiting = "{ \"$@\" 2>&1 >&3 3>&- | /bin/cat >\"$0\"; exit ${PIPESTATUS[0]}; } 3>&1";
    List<String> whole = new ArrayList<>(List.of("/bin/bash", "-c", waiting, err.toString()));
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new CommandRun(process.exitValue(), out, Files.readString(err));
  }

  /** The words of the command that a dry run prints, as a shell reads them again. */
  private List<String> dryRun(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("--dry-run"));
    all.addAll(List.of(arguments));
    CommandRun run = run(launcher, folder, all.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).hasSize(1);
    CommandRun words =
        process(
            folder,
            List.of("bash", "-c", "eval \"set -- $1\"; printf '%s\\n' \"$@\"", "-", run.out()));
    return words.out().lines().toList();
  }

  private void refused(String sentence, String... arguments) throws Exception {
    CommandRun run = run(launcher, folder, arguments);
    assertThat(run.err()).contains(sentence);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(2);
  }

  private Path program(String name, String script) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script + "\n", StandardCharsets.UTF_8);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  @Test
  void withoutAMasterSparkRunsInThisJava() throws Exception {
    List<String> command = dryRun("prune", "--model", "a b", "--output", "it's \"x\" $HOME *");

    int main = command.indexOf("org.llmsurgeon.jobs.Surgeon");
    assertThat(command.subList(main + 1, command.size()))
        .containsExactly("prune", "--model", "a b", "--output", "it's \"x\" $HOME *");
    assertThat(command.subList(main - 2, main))
        .containsExactly(
            "-cp", root + "/pipeline/spark-home/target/jars/*:" + root + "/jobs/target/app/*");
    assertThat(command)
        .contains("java", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1")
        .contains("MALLOC_MMAP_THRESHOLD_=1048576")
        .contains("GLIBC_TUNABLES=glibc.malloc.hugetlb=1")
        .contains("-Dlog4j2.configurationFile=" + root + "/conf/log4j2.properties")
        .contains("-Dsurgeon.spark.defaults=" + root + "/conf/spark-local.conf")
        .doesNotContain("--dry-run");
  }

  @Test
  void javaGetsTheModuleFlagsOfThePom() throws Exception {
    String pom = Files.readString(Checkout.file("pom.xml"));
    Matcher flags = Pattern.compile("<java.modules>(.*)</java.modules>").matcher(pom);
    assertThat(flags.find()).isTrue();

    assertThat(dryRun("help")).containsAll(Arrays.asList(flags.group(1).split(" ")));
  }

  @Test
  void withAMasterSparkSubmitOfMavensJarsRuns() throws Exception {
    List<String> command =
        dryRun(
            "--master",
            "spark://host:7077",
            "evaluate",
            "--model",
            "m",
            "--",
            "--executor-memory",
            "8g",
            "--conf",
            "spark.x=1 2");

    int submit = command.indexOf("org.apache.spark.deploy.SparkSubmit");
    String app = root + "/jobs/target/app/";
    assertThat(command.subList(submit + 1, command.size()))
        .containsExactly(
            "--master",
            "spark://host:7077",
            "--class",
            "org.llmsurgeon.jobs.Surgeon",
            "--properties-file",
            root + "/conf/spark-cluster.conf",
            "--jars",
            app + "a.jar," + app + "b.jar",
            "--executor-memory",
            "8g",
            "--conf",
            "spark.x=1 2",
            app + "surgeon-jobs-1.jar",
            "evaluate",
            "--model",
            "m");
  }

  @Test
  void theSparkOfSparkHomeWins() throws Exception {
    Path submit = program("spark home/bin/spark-submit", "exit 0");
    environment.put("SPARK_HOME", submit.getParent().getParent().toString());
    environment.put("JAVA_OPTS", "-Da=b -Dc=d");

    List<String> command =
        dryRun(
            "evaluate", "--master=yarn", "--", "--driver-memory", "3g", "--deploy-mode", "client");

    int first = command.indexOf(submit.toString());
    assertThat(first).isGreaterThan(0);
    assertThat(command.subList(first + 1, command.size()))
        .containsSequence("--driver-memory", "3g")
        .containsSequence("--deploy-mode", "client", root + "/jobs/target/app/surgeon-jobs-1.jar")
        .containsSequence("--master", "yarn")
        .contains("--load-spark-defaults")
        .doesNotContain("org.apache.spark.deploy.SparkSubmit");
    String options = command.get(command.indexOf("--driver-java-options") + 1);
    assertThat(options)
        .contains("\"-Dlog4j2.configurationFile=" + root + "/conf/log4j2.properties\"")
        .endsWith(" -Da=b -Dc=d");
  }

  @Test
  void aSparkHomeWithoutSparkSubmitIsRefused() throws Exception {
    environment.put("SPARK_HOME", folder.toString());

    refused("has no bin/spark-submit", "--dry-run", "evaluate", "--master", "yarn");
  }

  @Test
  void aUserWithoutANameHasItsNumber() throws Exception {
    assertThat(dryRun("help")).noneMatch(each -> each.startsWith("SPARK_USER="));

    program("tools/id", "[ \"$1\" = -u ] && echo 54321 || { echo 'id: no name' >&2; exit 1; }");
    environment.put("PATH", folder.resolve("tools") + ":" + environment.get("PATH"));
    assertThat(dryRun("help")).contains("SPARK_USER=54321", "-Duser.name=54321");
    assertThat(dryRun("--master", "yarn", "help")).contains("SPARK_USER=54321");

    environment.put("SPARK_USER", "anna");
    assertThat(dryRun("help")).contains("SPARK_USER=anna");
  }

  @Test
  void namesOfFilesAreUtf8WhateverTheLocale() throws Exception {
    environment.put("LC_ALL", "C.UTF-8");
    assertThat(dryRun("help")).noneMatch(each -> each.startsWith("LC_"));
    environment.put("LC_ALL", "C");
    assertThat(dryRun("help")).contains("LC_ALL=C.UTF-8");
    assertThat(dryRun("--master", "yarn", "help")).contains("LC_ALL=C.UTF-8");
    environment.remove("LC_ALL");
    assertThat(dryRun("help")).contains("LC_CTYPE=C.UTF-8");
  }

  @Test
  void otherShellsThanBashRunItToo() throws Exception {
    for (List<String> shell :
        List.of(List.of("/bin/sh"), List.of("bash", "--posix"), List.of("bash", "-o", "posix"))) {
      List<String> command = new ArrayList<>(shell);
      command.addAll(List.of(launcher.toString(), "--dry-run", "help", "a b"));
      CommandRun run = process(folder, command);

      assertThat(run.err()).as("%s", shell).isEmpty();
      assertThat(run.out()).as("%s", shell).endsWith("Surgeon help a\\ b\n");
    }
  }

  @Test
  void aDriverOnTheClusterGetsItsOwnHeapAndNothingOfThisMachine() throws Exception {
    for (String[] mode :
        new String[][] {
          {"--deploy-mode", "cluster"},
          {"--deploy-mode=cluster"},
          {"--conf", "spark.submit.deployMode=cluster"}
        }) {
      List<String> asked = new ArrayList<>(List.of("--master", "yarn", "evaluate", "--"));
      asked.addAll(List.of(mode));
      assertThat(dryRun(asked.toArray(String[]::new)))
          .containsSubsequence(mode)
          .doesNotContain("--driver-memory", "--driver-java-options");
      asked.addAll(List.of("--driver-memory", "3g"));
      assertThat(dryRun(asked.toArray(String[]::new)))
          .containsSequence("--driver-memory", "3g")
          .doesNotContain("--driver-java-options");
    }
    environment.put("JAVA_OPTS", "-Da=b");
    List<String> command = dryRun("--master", "yarn", "evaluate", "--", "--deploy-mode", "cluster");
    assertThat(command.get(command.indexOf("--driver-java-options") + 1))
        .contains("--add-modules=jdk.incubator.vector")
        .endsWith(" -Da=b")
        .doesNotContain("log4j2");
  }

  @Test
  void theSitesHadoopSettingsAreOnTheClassPath() throws Exception {
    environment.put("HADOOP_CONF_DIR", "/etc/hadoop conf");
    environment.put("YARN_CONF_DIR", "/etc/yarn");
    String jars = root + "/pipeline/spark-home/target/jars/*";
    assertThat(dryRun("evaluate"))
        .contains(jars + ":" + root + "/jobs/target/app/*:/etc/hadoop conf:/etc/yarn");
    assertThat(dryRun("--master", "yarn", "evaluate"))
        .contains(jars + ":/etc/hadoop conf:/etc/yarn")
        .contains("SPARK_HOME=" + root + "/pipeline/spark-home/target");
  }

  @Test
  void aCollectorThatTheUserNamesIsTheOnlyOne() throws Exception {
    assertThat(dryRun("evaluate")).contains("-XX:+UseParallelGC", "-XX:MaxNewSize=128m");
    for (String variable : List.of("JAVA_OPTS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS")) {
      environment.put(variable, "-XX:+UseG1GC");
      assertThat(dryRun("evaluate")).as(variable).noneMatch(each -> each.contains("ParallelGC"));
      environment.remove(variable);
    }
  }

  @Test
  void optionsForSparkBecomeSystemPropertiesInThisJava() throws Exception {
    environment.put("JAVA_OPTS", "-Da=b  -XX:+UseParallelGC");

    List<String> command =
        dryRun(
            "evaluate",
            "--model",
            "m",
            "--",
            "--conf",
            "spark.local.dir=/a b",
            "--conf=spark.ui.enabled=true",
            "--driver-memory",
            "6gb",
            "--properties-file",
            "my conf");

    assertThat(command)
        .containsSubsequence(
            "-Da=b", "-XX:+UseParallelGC", "-Dspark.local.dir=/a b", "-Dspark.ui.enabled=true")
        .contains("-Xmx6g", "-Dsurgeon.spark.defaults=my conf");
    assertThat(command.subList(command.size() - 3, command.size()))
        .containsExactly("evaluate", "--model", "m");
  }

  @Test
  void theHeapIsAQuarterOfTheMemoryButAtMostFourGigabytes() throws Exception {
    String heap =
        dryRun("help").stream().filter(word -> word.startsWith("-Xmx")).findFirst().orElseThrow();

    assertThat(heap).matches("-Xmx[0-9]+m");
    assertThat(Integer.parseInt(heap.substring(4, heap.length() - 1))).isBetween(1, 4096);
    assertThat(dryRun("help", "--", "--driver-memory", "2048")).contains("-Xmx2048m");
    assertThat(dryRun("help", "--", "--conf", "spark.driver.memory=1g")).contains("-Xmx1g");
  }

  @Test
  void whatCannotBeUnderstoodIsRefusedInOneSentence() throws Exception {
    refused("--master needs a value.", "--dry-run", "evaluate", "--master");
    refused("add --master URL", "--dry-run", "evaluate", "--", "--executor-memory", "8g");
    refused("give a size like 4g", "--dry-run", "evaluate", "--", "--driver-memory", "lots");
    refused("--conf needs a value.", "--dry-run", "evaluate", "--", "--conf");
    refused("give KEY=VALUE", "--dry-run", "evaluate", "--", "--conf", "spark.ui.enabled");
  }

  @Test
  void loadedClassesAreKeptForTheNextRunOfTheSameBuild() throws Exception {
    Path archive = root.resolve("jobs/target/classes.jsa");
    String kept = "-XX:SharedArchiveFile=" + archive;
    String made = "-XX:ArchiveClassesAtExit=" + archive;
    assertThat(dryRun("prune")).contains(made).doesNotContain(kept);
    assertThat(dryRun("inspect")).as("loads little").doesNotContain(made, kept);
    assertThat(dryRun("--master", "yarn", "prune")).doesNotContain(made);
    environment.put("HADOOP_CONF_DIR", "/etc/hadoop");
    assertThat(dryRun("prune")).as("a folder on the class path").doesNotContain(made);
    environment.remove("HADOOP_CONF_DIR");

    Files.createFile(archive);
    archive.toFile().setLastModified(System.currentTimeMillis() + 10_000);
    assertThat(dryRun("prune")).contains(kept).doesNotContain(made);
    assertThat(dryRun("inspect")).contains(kept);
    environment.put("SURGEON_CLASSES", "no");
    assertThat(dryRun("prune")).doesNotContain(made, kept);
    environment.remove("SURGEON_CLASSES");

    archive.toFile().setLastModified(0);
    assertThat(dryRun("prune")).as("of an older build").contains(made).doesNotContain(kept);
  }

  @Test
  void barsAreForTerminalsOnly() throws Exception {
    Path script = Path.of("/usr/bin/script");
    assumeThat(script).as("a program that gives another one a terminal").exists();
    environment.put("TERM", "xterm");
    String command = "stty cols 123; '" + launcher + "' --dry-run help";

    CommandRun onTerminal =
        process(folder, List.of(script.toString(), "-qec", command, "/dev/null"));

    assertThat(onTerminal.out()).contains("-Dsurgeon.columns=123");
    assertThat(dryRun("help")).noneMatch(word -> word.startsWith("-Dsurgeon.columns"));
  }

  @Test
  void linksToTheLauncherAreFollowed() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path absolute = Files.createSymbolicLink(bin.resolve("surgeon"), launcher);
    Path relative = Files.createSymbolicLink(folder.resolve("s"), Path.of("bin", "surgeon"));

    for (Path link : List.of(absolute, relative)) {
      assertThat(run(link, bin, "--dry-run", "help").out())
          .contains("jobs/target/app/")
          .contains("my\\ project");
    }
  }

  @Test
  void anOldOrMissingJavaIsRefused() throws Exception {
    Path java = program("jdk/bin/java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");
    environment.put("JAVA_HOME", java.getParent().getParent().toString());
    refused("Java 11 is too old", "help");

    program("jdk/bin/java", "echo 'java version \"1.8.0_402\"' >&2");
    refused("Java 1 is too old", "help");

    environment.put("JAVA_HOME", folder.resolve("nowhere").toString());
    refused("Java is missing", "help");
  }

  @Test
  void theProgramIsBuiltWhenItIsMissingOrOlderThanItsSources() throws Exception {
    Path java = program("jdk/bin/java", "echo 'openjdk version \"17.0.1\"' >&2");
    environment.put("JAVA_HOME", java.getParent().getParent().toString());
    program("tools/mvn", "echo \"maven in $PWD: $*\"; touch jobs/target/app/surgeon-jobs-1.jar");
    environment.put("PATH", folder.resolve("tools") + ":" + environment.get("PATH"));

    assertThat(run(launcher, folder, "help").err()).doesNotContain("maven");

    Files.delete(root.resolve("jobs/target/app/surgeon-jobs-1.jar"));
    CommandRun built = run(launcher, folder, "help");
    assertThat(built.err())
        .contains("surgeon: building (first use)")
        .contains("maven in " + root + ": ")
        .contains("-DskipTests")
        .contains("package");
    assertThat(run(launcher, folder, "help").err()).doesNotContain("maven");
  }

  @Test
  void aMissingMavenAndAFailedBuildAreSaid() throws Exception {
    Path java = program("jdk/bin/java", "echo 'openjdk version \"21\"' >&2");
    environment.put("JAVA_HOME", java.getParent().getParent().toString());
    Files.delete(root.resolve("jobs/target/app/surgeon-jobs-1.jar"));
    program("tools/mvn", "echo 'COMPILATION ERROR'; exit 1");
    String path = environment.get("PATH");
    environment.put("PATH", folder.resolve("tools") + ":" + path);

    CommandRun failed = run(launcher, folder, "help");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err()).contains("COMPILATION ERROR").endsWith("is above.\n");

    environment.put("PATH", onlyTheseTools().toString());
    refused("Maven is missing", "help");
  }

  /** A folder with what the launcher needs, and no Maven. */
  private Path onlyTheseTools() throws IOException {
    for (String name :
        List.of("bash", "env", "dirname", "readlink", "sed", "cat", "mkdir", "find")) {
      for (String from : List.of("/bin/", "/usr/bin/")) {
        if (Files.exists(Path.of(from, name))) {
          program("few/" + name, "exec " + from + name + " \"$@\"");
        }
      }
    }
    return folder.resolve("few");
  }

  @Test
  void theLineAboutTheIncubatorModuleIsDroppedAndNothingElse() throws Exception {
    Path java =
        program(
            "jdk/bin/java",
            """
            case "$*" in *-version*) echo 'openjdk version "17"' >&2; exit 0 ;; esac
            echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
            echo 'a real warning' >&2
            printf 'no line end' >&2
            echo result
            exit 7\
            """);
    environment.put("JAVA_HOME", java.getParent().getParent().toString());

    CommandRun run = run(launcher, folder, "evaluate");

    assertThat(run.out()).isEqualTo("result\n");
    assertThat(run.code()).isEqualTo(7);
    assertThat(run.err()).isEqualTo("a real warning\nno line end");
  }
}
