package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.evaluate.EvaluateRequest;
import org.llmsurgeon.pipeline.evaluate.EvaluationResult;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Models that need a beginning get one in each window of a text, others one in the whole text. */
class BegunWindowsTest {
  private static final int BEGIN = 7;
  private static final int CONTEXT = 5;
  private static final String TEXT = "abcdefacebdf";

  @TempDir Path temp;

  private EvaluationResult evaluate(String model, String test) throws IOException {
    try (ReferenceModel reference = ReferenceModel.open(model);
        JavaSparkContext spark = TestSpark.local(2)) {
      Path folder =
          ReferenceFolder.write(reference, Files.createTempDirectory(temp, "m"), tokenizer());
      return new SurgeonPipeline(spark, Progress.silent())
          .evaluate(
              new EvaluateRequest(
                  folder.toString(), null, List.of(test), Recipe.of(Map.of("context", CONTEXT))));
    }
  }

  /** A letter is a token, and a text begins with a token of its own. */
  private static String tokenizer() {
    ObjectNode json = TinyTokenizers.parse(FreshCalibrationTest.TOKENIZER);
    TinyTokenizers.addToken(json, BEGIN, "<s>");
    json.set("post_processor", TinyTokenizers.template("<s>", BEGIN));
    return json.toString();
  }

  private String text() throws IOException {
    return Files.writeString(temp.resolve("text.txt"), TEXT).toString();
  }

  /** Windows by hand; of what is left over there is none. */
  private String windows(boolean each) throws IOException {
    IntStream text = TEXT.chars().map(letter -> letter - 'a');
    int[] ids = each ? text.toArray() : IntStream.concat(IntStream.of(BEGIN), text).toArray();
    int own = each ? CONTEXT - 1 : CONTEXT;
    int[][] windows = new int[ids.length / own][CONTEXT];
    for (int i = 0; i < windows.length; i++) {
      windows[i][0] = BEGIN;
      System.arraycopy(ids, i * own, windows[i], CONTEXT - own, own);
    }
    String file = temp.resolve("windows.arrow").toString();
    new TokenWindows(windows).write(new LocalStorage(), file);
    return file;
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma", "gemma2", "gemma3"})
  void ofGemmaEachWindowBegins(String model) throws IOException {
    EvaluationResult result = evaluate(model, text());
    assertThat(result).isEqualTo(evaluate(model, windows(true)));
    assertThat(result.windows()).isEqualTo(3);
  }

  @Test
  void ofOthersTheTextBegins() throws IOException {
    assertThat(evaluate("qwen3", text())).isEqualTo(evaluate("qwen3", windows(false)));
  }
}
