package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What the launcher tells a cluster. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherClusterTest extends LauncherCase {
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
}
