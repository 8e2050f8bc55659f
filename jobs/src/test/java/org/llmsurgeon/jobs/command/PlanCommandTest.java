package org.llmsurgeon.jobs.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.jobs.CommandRun;

class PlanCommandTest {
  /** The published configuration of Llama 2 7B, without what does not change the network. */
  private static final String LLAMA_7B =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32000,
       "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
       "num_attention_heads": 32, "num_key_value_heads": 32, "max_position_embeddings": 4096,
       "rms_norm_eps": 1e-05, "tie_word_embeddings": false, "torch_dtype": "float16"}
      """;

  @TempDir Path temp;

  private CommandRun plan(String... more) throws Exception {
    Path config = Files.writeString(temp.resolve("config.json"), LLAMA_7B);
    List<String> arguments = new ArrayList<>(List.of("plan", "--model", config.toString()));
    arguments.addAll(List.of("--gflops", "50", "--gflops-double", "20", "--disk", "500"));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void aModelIsPlannedFromItsConfigurationAlone() throws Exception {
    CommandRun run = plan("--shots", "40", "--executors", "8", "--cores", "4", "--memory", "256g");

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("6,738,415,616")
        .containsPattern("accumulate +40 ")
        .contains("disk of the run directory");
  }

  /** The published configuration of BERT base, without what does not change the network. */
  private static String bert(String architecture) {
    return """
    {"architectures": ["%s"], "model_type": "bert", "vocab_size": 30522, "hidden_size": 768,
     "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
     "hidden_act": "gelu", "max_position_embeddings": 512, "type_vocab_size": 2,
     "layer_norm_eps": 1e-12, "torch_dtype": "float32"}
    """
        .formatted(architecture);
  }

  private JsonNode planned(String config, String... more) throws Exception {
    Path file = Files.writeString(temp.resolve("config.json"), config);
    List<String> arguments = new ArrayList<>(List.of("plan", "--model", file.toString(), "--json"));
    arguments.addAll(List.of("--gflops", "50", "--gflops-double", "20", "--disk", "500"));
    arguments.addAll(List.of("--sequences", "64", "--context", "512", "--memory", "64g"));
    arguments.addAll(List.of(more));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    return new ObjectMapper().readTree(run.out());
  }

  /** Forward, and backward to activations: four operations for each weight and token at least. */
  @Test
  void anEncoderIsPlannedForWhatItIsToDo() throws Exception {
    JsonNode words = planned(bert("BertForMaskedLM"), "--shots", "2");
    JsonNode vectors = planned(bert("BertModel"), "--shots", "2");
    JsonNode asked = planned(bert("BertForMaskedLM"), "--shots", "2", "--objective", "embedding");

    assertThat(words.get("parameters").asLong()).isEqualTo(109_514_298L);
    assertThat(stage(words, "score").get("tasks").asInt()).isEqualTo(2 * 12);
    double linears = 12 * 7_077_888.0;
    double tokens = 64 * 512;
    double ofVectors = stage(vectors, "accumulate").get("flops").asDouble();
    assertThat(ofVectors).isBetween(4 * linears * tokens, 16 * linears * tokens);
    assertThat(stage(words, "accumulate").get("flops").asDouble())
        .as("the head is computed, too")
        .isGreaterThan(ofVectors);
    assertThat(stage(asked, "accumulate")).isEqualTo(stage(vectors, "accumulate"));
  }

  @Test
  void aPlanIsAlsoJson() throws Exception {
    JsonNode plan = new ObjectMapper().readTree(plan("--json", "--shots", "3").out());

    assertThat(plan.get("parameters").asLong()).isEqualTo(6_738_415_616L);
    JsonNode write = stage(plan, "write");
    assertThat(write.get("written").asLong()).isEqualTo(2 * 6_738_415_616L);
    assertThat(stage(plan, "cut").get("times").asInt()).isEqualTo(3);
  }

  private static JsonNode stage(JsonNode plan, String name) {
    for (JsonNode stage : plan.get("stages")) {
      if (stage.get("name").asText().equals(name)) {
        return stage;
      }
    }
    throw new AssertionError("no stage " + name);
  }

  @Test
  void everyKindOfStructureIsPlannedForWhatItDoes() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode units = mapper.readTree(plan("--json", "--shots", "2", "--memory", "64g").out());
    JsonNode lines =
        mapper.readTree(
            plan("--json", "--shots", "2", "--structures", "row,column", "--memory", "64g").out());
    JsonNode elements =
        mapper.readTree(plan("--json", "--shots", "2", "--structures", "element").out());
    JsonNode patterns =
        mapper.readTree(
            plan("--json", "--shots", "1", "--structures", "2:4", "--rounds", "3").out());

    assertThat(stage(units, "score").get("tasks").asInt()).isEqualTo(2 * 32);
    assertThat(stage(lines, "score").get("tasks").asInt()).isEqualTo(7 * 32);
    // Both keep as many inverses beside their tasks.
    assertThat(stage(units, "score").get("memory").get("process").asDouble())
        .isGreaterThan(1.05 * stage(lines, "score").get("memory").get("process").asLong());
    assertThat(stage(elements, "score").get("times").asInt()).isEqualTo(2 * 2);
    assertThat(stage(patterns, "score").get("times").asInt()).isEqualTo(2 * 3);
    assertThat(stage(elements, "cut").get("flops").asDouble())
        .isGreaterThan(3 * stage(lines, "cut").get("flops").asDouble());
  }

  @Test
  void littleMemoryStillMeansOnePassOfWhichMoreIsDoneAgain() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode roomy = mapper.readTree(plan("--json", "--memory", "4000g").out());
    JsonNode tight = mapper.readTree(plan("--json", "--memory", "64g").out());
    assertThat(roomy.get("passes").asInt()).isEqualTo(1);
    assertThat(tight.get("passes").asInt()).isEqualTo(1);
    assertThat(stage(tight, "accumulate").get("flops").asDouble())
        .isGreaterThan(stage(roomy, "accumulate").get("flops").asDouble());
  }

  /** Rates as {@code bench} gives them for a core of 2023. */
  private CommandRun onTwentyMachines(String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of("--sparsity", "0.2", "--shots", "5", "--sequences", "128", "--context"));
    arguments.addAll(List.of("2048", "--executors", "20", "--cores", "16", "--memory", "64g"));
    arguments.addAll(List.of("--gflops", "95", "--gflops-double", "35"));
    arguments.addAll(List.of(more));
    return plan(arguments.toArray(String[]::new));
  }

  /** More than a machine has fits into it where the rest is pages of files: the plan says so. */
  @Test
  void whatMustBeThereIsToldApartFromMappedWeights() throws Exception {
    String[] sizes = {"--shots", "4", "--sparsity", "0.2", "--executors", "8", "--cores", "8"};
    String[] memory = {"--memory", "64g", "--shards", "32"};
    String[] all = Stream.of(sizes, memory).flatMap(Arrays::stream).toArray(String[]::new);
    CommandRun run = plan(all);
    assertThat(run.code()).isZero();
    Matcher row =
        Pattern.compile(
                "memory of an executor +(\\S+) GiB, of which (\\S+) GiB must be there; the rest is"
                    + " pages of mapped weights, which the system takes back")
            .matcher(run.out());
    assertThat(row.find()).as(run.out()).isTrue();
    assertThat(Double.parseDouble(row.group(1))).isGreaterThan(64);
    assertThat(Double.parseDouble(row.group(2))).isLessThan(64);

    String[] roomy = {"--memory", "256g", "--shards", "32"};
    assertThat(plan(Stream.of(sizes, roomy).flatMap(Arrays::stream).toArray(String[]::new)).out())
        .containsPattern("memory of an executor +\\S+ GiB *\\R");
  }

  @Test
  void llama7BOnTwentyMachinesTakesOnePassAndLessThanFourHours() throws Exception {
    CommandRun run = onTwentyMachines("--json");
    JsonNode plan = new ObjectMapper().readTree(run.out());

    assertThat(run.code()).isZero();
    assertThat(plan.get("passes").asInt()).isEqualTo(1);
    double seconds = 0;
    long unmapped = 0;
    for (JsonNode stage : plan.get("stages")) {
      seconds += stage.get("times").asInt() * stage.get("seconds").asDouble();
      long least =
          stage.get("memory").get("process").asLong() - stage.get("memory").get("mapped").asLong();
      assertThat(least).as(stage.get("name").asText()).isLessThan(64L << 30);
      unmapped = Math.max(unmapped, least);
    }
    assertThat(plan.get("unmapped_bytes").asLong()).isEqualTo(unmapped);
    assertThat(plan.get("seconds").asDouble()).isCloseTo(seconds, within(1e-6 * seconds));
    assertThat(seconds).isLessThan(4 * 3600);
    assertThat(stage(plan, "score").get("at_once").asInt()).isBetween(8, 12);
    assertThat(stage(plan, "accumulate").get("at_once").asInt()).isGreaterThan(8);
    assertThat(plan.get("proposal").get("shards").asInt()).isGreaterThan(64);
  }

  @Test
  void shardsThatAreAskedForAreNotProposedAnew() throws Exception {
    JsonNode plan = new ObjectMapper().readTree(onTwentyMachines("--json", "--shards", "16").out());
    assertThat(plan.get("proposal").get("shards").asInt()).isEqualTo(16);
    assertThat(stage(plan, "accumulate").get("tasks").asInt()).isEqualTo(16);
    assertThat(plan("--sequences", "64").out())
        .contains("spark.executor.memoryOverhead", "--shards");
  }

  @Test
  void whatFitsNowhereIsRefusedWithARemedyThatWorks() throws Exception {
    CommandRun refused = plan("--memory", "7g");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains("One task of the stage score needs")
        .contains("an executor has 7g; give it more, as --memory");
    String remedy = refused.err().replaceAll("(?s).*as --memory (\\d+g).*", "$1");
    assertThat(plan("--memory", remedy).code()).isZero();
  }

  private CommandRun onCards(String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of("--sparsity", "0.2", "--shots", "5", "--sequences", "128", "--context"));
    arguments.addAll(List.of("2048", "--executors", "1", "--cores", "64", "--memory", "512g"));
    arguments.addAll(List.of("--disk", "20000", "--shards", "8"));
    arguments.addAll(List.of(more));
    return plan(arguments.toArray(String[]::new));
  }

  private static double seconds(JsonNode plan, String stage) {
    JsonNode node = stage(plan, stage);
    return node.get("times").asInt() * node.get("seconds").asDouble();
  }

  @Test
  void cardsTakeThePassesAndTheCut() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode without = mapper.readTree(onCards("--json").out());
    JsonNode one = mapper.readTree(onCards("--json", "--card", "h100").out());
    CommandRun run = onCards("--json", "--card", "h100", "--cards", "8");
    JsonNode eight = mapper.readTree(run.out());

    assertThat(run.code()).isZero();
    for (String stage : List.of("accumulate", "cut")) {
      JsonNode memory = stage(eight, stage).get("memory");
      assertThat(stage(eight, stage).get("at_once").asInt()).as(stage).isEqualTo(8);
      assertThat(memory.get("card").asLong()).as(stage).isBetween(1L << 30, 80_000_000_000L);
      assertThat(memory.get("tensors").asLong()).as("on the card instead").isZero();
      assertThat(stage(without, stage).get("memory").get("card").asLong()).isZero();
    }
    // The weights in single precision are there as long as the passes are.
    assertThat(stage(one, "accumulate").get("memory").get("card").asLong())
        .isGreaterThan(4 * 6_738_415_616L);
    assertThat(stage(eight, "score").get("memory").get("card").asLong()).isZero();
    assertThat(seconds(one, "accumulate")).isLessThan(seconds(without, "accumulate") / 3);
    assertThat(seconds(eight, "accumulate")).isLessThan(seconds(one, "accumulate") / 2);
    assertThat(eight.get("proposal").get("cards").get("each").asInt()).isEqualTo(8);
    assertThat(onCards("--card", "l40s", "--sequences", "8").out())
        .contains("spark.executor.resource.gpu.amount", "this project has run nothing on it");
  }

  @Test
  void singleWeightsAreScoredOnCardsToo() throws Exception {
    JsonNode plan =
        new ObjectMapper()
            .readTree(onCards("--json", "--structures", "element", "--card", "h200").out());
    assertThat(stage(plan, "score").get("memory").get("card").asLong()).isPositive();
  }

  private static final String BENCH =
      """
      {"device": "Card 9", "products": "tf32", "memory_bytes": %d, "steps": [
        {"name": "product 8192 x 8192 x 8192", "flops_per_second": 4e14},
        {"name": "block of width 4096, inner width 11008, 32 heads, 4096 tokens: with factors",
         "flops_per_second": %s},
        {"name": "Cholesky and inverse of 11008 x 11008 in single", "flops_per_second": 1},
        {"name": "Cholesky and inverse of 11008 x 11008 in double", "flops_per_second": 1e13}]}
      """;

  private String bench(String memory, String rate) throws Exception {
    String text = BENCH.replace("%d", memory).replace("%s", rate);
    return Files.writeString(temp.resolve("bench.json"), text).toString();
  }

  @Test
  void aCardThatWasMeasuredIsPlannedByItsMeasurements() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    String slow = bench("80000000000", "2e12");
    JsonNode before = mapper.readTree(onCards("--json", "--card", slow).out());
    JsonNode after =
        mapper.readTree(onCards("--json", "--card", bench("80000000000", "2e13")).out());
    assertThat(seconds(before, "accumulate") / seconds(after, "accumulate")).isBetween(2.0, 10.0);
    JsonNode kind = after.get("proposal").get("cards").get("kind");
    assertThat(kind.get("name").asText()).isEqualTo("Card 9");
    assertThat(kind.get("basis").asText()).isEqualTo("measured by bench, products in tf32");
  }

  @Test
  void cardsThatCannotBePlannedAreRefusedWithARemedy() throws Exception {
    assertThat(onCards("--card", "h300").err())
        .contains("There is no card 'h300'; choose one of a100-40gb,");
    assertThat(onCards("--cards", "2").err()).contains("--cards is 2, but no --card says which");
    assertThat(plan("--card", "h200", "--cards", "99", "--memory", "512g").code()).isZero();
    assertThat(onCards("--card", "h100", "--cards", "0").err()).contains("give 1 or more");
    CommandRun cores = onCards("--card", "h100", "--cards", "8", "--cores", "4");
    assertThat(cores.code()).isEqualTo(2);
    assertThat(cores.err()).contains("8 cards and 4 cores; give --cores 8");
    assertThat(onCards("--card", bench("null", "2e13")).err())
        .contains("was not measured on a card; give what 'surgeon bench --device cuda --json'");
    assertThat(onCards("--card", bench("80000000000", "0")).err())
        .contains("lacks a step of bench");

    CommandRun small = onCards("--card", "l4");
    assertThat(small.code()).isEqualTo(2);
    assertThat(small.err()).contains("A task of the stage", "l4 has", "or leave out --card");
    String remedy = small.err().replaceAll("(?s).*as --card ([a-z0-9-]+).*", "$1");
    assertThat(onCards("--card", remedy).code()).isZero();
  }

  @Test
  void whatPruneRefusesIsRefused() throws Exception {
    assertThat(plan("--curvature", "ekfac").err()).contains("has no joint costs");
    assertThat(plan("--context", "9000").err())
        .contains("--context 9000 is more than the model's 4096 positions");
    CommandRun unreachable = plan("--sparsity", "0.9", "--limit", "*=0.5");
    assertThat(unreachable.code()).isEqualTo(2);
    assertThat(unreachable.err()).contains("cannot be reached");
  }
}
