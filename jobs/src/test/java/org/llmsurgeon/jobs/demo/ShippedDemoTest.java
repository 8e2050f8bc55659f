package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.CalibrationText;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.config.Objective;

/**
 * The files that ship: texts and tokenizer are what the default seed makes today; the model knows
 * more about the text than n-grams do.
 */
class ShippedDemoTest {
  private static final int MOST_BYTES = 5_000_000;
  private static final int TEST_WINDOWS = 40;

  @TempDir private static Path folder;

  @BeforeAll
  static void unpack() {
    DemoFiles.unpack(DemoFiles.GIVEN, folder);
    DemoFiles.unpack(DemoFiles.MADE, folder);
  }

  @Test
  void textsAndTokenizerAreWhatTheDefaultSeedMakes() throws IOException {
    Path made = folder.resolve("made");
    new DemoTraining(made, 0, 1).prepare();
    for (String name : DemoFiles.MADE) {
      if (!name.equals(DemoFiles.WEIGHTS)) {
        assertThat(made.resolve(name)).hasSameTextualContentAs(folder.resolve(name));
      }
    }
  }

  @Test
  void theModelBeatsNgramModelsOfItsText() throws IOException {
    Path modelFolder = folder.resolve(DemoFiles.MODEL);
    try (Device device = CpuDevice.create();
        LanguageModel model =
            FolderWeights.model(new LocalStorage(), modelFolder.toString(), device);
        TextTokenizer tokenizer = TextTokenizer.open(new LocalStorage(), modelFolder.toString())) {
      String test = Files.readString(folder.resolve(DemoFiles.TEST), StandardCharsets.UTF_8);
      int context = model.config().maxPositions();
      int[][] windows =
          Arrays.copyOf(
              CalibrationText.windows(
                  tokenizer.encode(test, true), new WindowDraw.Consecutive(context)),
              TEST_WINDOWS);
      int[] training = tokenizer.encode(new DemoText().text(99, 50_000), true);
      double perplexity = Objective.NEXT_TOKEN.score(model.losses(windows));
      assertThat(perplexity).isLessThan(0.75 * ngram(3, model, training, windows));
      assertThat(perplexity).isLessThan(0.9 * ngram(5, model, training, windows));
      assertThat(perplexity).isLessThan(0.05 * ngram(1, model, training, windows));
    }
  }

  @Test
  void theModelIsSmall() throws IOException {
    assertThat(Files.size(folder.resolve(DemoFiles.WEIGHTS))).isLessThan(MOST_BYTES);
  }

  private static double ngram(int order, LanguageModel model, int[] training, int[][] windows) {
    int vocabulary = model.config().vocabulary();
    return Objective.NEXT_TOKEN.score(new NgramModel(order, vocabulary, training).losses(windows));
  }
}
