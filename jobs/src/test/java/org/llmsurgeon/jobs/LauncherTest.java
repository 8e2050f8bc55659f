package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What the launcher tells this machine's Java. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherTest extends LauncherCase {

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
    assertThat(dryRun("help")).containsAll(Arrays.asList(Checkout.javaModules().split(" ")));
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
}
