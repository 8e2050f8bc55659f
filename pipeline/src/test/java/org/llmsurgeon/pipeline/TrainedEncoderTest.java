package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A tiny BERT that was trained on generated texts loses half of its weights, and few labels. */
@DisplayName("A trained encoder")
class TrainedEncoderTest {
  private static final double TWO_POINTS = 0.02;
  private static final int WORDS = 8;
  private static final int FIRST = 3;
  private static final int MARKERS = 4;
  private static final int VOCABULARY = 32;
  private static JavaSparkContext spark;
  @TempDir Path temp;

  @BeforeAll
  static void start() {
    spark = TestSpark.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private static ObjectNode json() throws Exception {
    return (ObjectNode)
        new ObjectMapper()
            .readTree(
                """
                {"architectures": ["BertForSequenceClassification"], "model_type": "bert",
                 "vocab_size": 32, "hidden_size": 32, "num_hidden_layers": 2,
                 "num_attention_heads": 4, "intermediate_size": 64, "hidden_act": "gelu",
                 "max_position_embeddings": 16, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
                 "problem_type": "single_label_classification",
                 "id2label": {"0": "a", "1": "b", "2": "c", "3": "d"}}
                """);
  }

  /** Two of four words stand somewhere, one of each pair; which they are is the label. */
  private static int[][] texts(int count, long seed) {
    Random random = new Random(seed);
    int[][] windows = new int[count][WORDS + 3];
    for (int[] window : windows) {
      window[0] = 1;
      for (int i = 1; i <= WORDS; i++) {
        window[i] = FIRST + MARKERS + random.nextInt(VOCABULARY - FIRST - MARKERS);
      }
      int one = random.nextInt(2);
      int two = random.nextInt(2);
      int place = random.nextInt(WORDS);
      window[1 + place] = FIRST + one;
      window[1 + (place + 1 + random.nextInt(WORDS - 1)) % WORDS] = FIRST + 2 + two;
      window[WORDS + 1] = 2;
      window[WORDS + 2] = 2 * one + two;
    }
    return windows;
  }

  private String write(String name, int[][] windows) {
    String file = temp.resolve(name).toString();
    new TokenWindows(windows).write(new LocalStorage(), file);
    return file;
  }

  @Test
  void losesHalfOfItsWeightsAndFewOfItsLabels() throws Exception {
    Path model = TrainedFolder.write(json(), texts(2000, 1), 600, 0.003, temp.resolve("model"));
    Files.writeString(
        model.resolve("tokenizer.json"),
        "{\"added_tokens\": [{\"id\": 2, \"content\": \"[MASK]\", \"special\": true}]}");
    PruningReport report =
        new SurgeonPipeline(spark, Progress.silent())
            .prune(
                new PruneRequest(
                    model.toString(),
                    List.of(write("calibration.arrow", texts(128, 2))),
                    List.of(write("test.arrow", texts(500, 3))),
                    temp.resolve("output").toString(),
                    null,
                    false,
                    Recipe.of(Map.of("sparsity", 0.5, "shots", 5)),
                    Route.AUTO));
    PruningReport.Score accuracy = report.quality().scores().get(0);
    assertThat(accuracy.metric()).isEqualTo("accuracy");
    assertThat(accuracy.dense()).isGreaterThan(0.98);
    assertThat(report.sparsity()).isBetween(0.48, 0.5);
    assertThat(accuracy.dense() - accuracy.pruned()).isLessThan(TWO_POINTS);
  }
}
