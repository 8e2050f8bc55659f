package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.config.PixelScale;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A tiny ViT that was trained on generated images loses half of its weights, and few labels. */
@DisplayName("A trained network of images")
class TrainedImagesTest {
  private static final double TWO_POINTS = 0.02;
  private static final int SIDE = 12;
  private static final int SHAPE = 4;
  private static final String[] LABELS = {"red-bars", "red-lines", "blue-bars", "blue-lines"};
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

  private static ObjectNode json() throws IOException {
    return (ObjectNode)
        new ObjectMapper()
            .readTree(
                """
                {"architectures": ["ViTForImageClassification"], "model_type": "vit",
                 "image_size": 12, "patch_size": 4, "num_channels": 3, "hidden_size": 32,
                 "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
                 "hidden_act": "gelu", "layer_norm_eps": 1e-12,
                 "id2label": {"0": "red-bars", "1": "red-lines", "2": "blue-bars",
                              "3": "blue-lines"}}
                """);
  }

  /** On noise a striped square somewhere, red or blue, upright or across: that is the label. */
  private static BufferedImage image(int label, Random random) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      image.setRGB(i % SIDE, i / SIDE, random.nextInt(1 << 24) & 0x7f7f7f);
    }
    int left = random.nextInt(SIDE - SHAPE + 1);
    int top = random.nextInt(SIDE - SHAPE + 1);
    for (int y = 0; y < SHAPE; y++) {
      for (int x = 0; x < SHAPE; x++) {
        boolean stripe = (label % 2 == 0 ? x : y) % 2 == 0;
        image.setRGB(left + x, top + y, stripe ? label < 2 ? 0xff2020 : 0x2020ff : 0);
      }
    }
    return image;
  }

  private static int[][] windows(int count, long seed) {
    Random random = new Random(seed);
    int[][] windows = new int[count][SIDE * SIDE + 1];
    for (int[] window : windows) {
      int label = random.nextInt(LABELS.length);
      BufferedImage image = image(label, random);
      for (int i = 0; i < SIDE * SIDE; i++) {
        window[i] = image.getRGB(i % SIDE, i / SIDE) & 0xffffff;
      }
      window[SIDE * SIDE] = label;
    }
    return windows;
  }

  private String folders(String name, int count, long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(LABELS.length);
      Path file = temp.resolve("%s/%s/%04d.png".formatted(name, LABELS[label], i));
      Files.createDirectories(file.getParent());
      ImageIO.write(image(label, random), "png", file.toFile());
    }
    return temp.resolve(name).toString();
  }

  @Test
  void losesHalfOfItsWeightsAndFewOfItsLabels() throws IOException {
    List<Double> half = List.of(0.5, 0.5, 0.5);
    Path model =
        TrainedFolder.write(
            json(),
            config -> config.with(new PixelScale(1 / 255.0, half, half)),
            windows(3000, 1),
            700,
            0.003,
            temp.resolve("model"));
    Files.writeString(
        model.resolve("preprocessor_config.json"),
        "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": 12}");
    PruningReport report =
        new SurgeonPipeline(spark, Progress.silent())
            .prune(
                new PruneRequest(
                    model.toString(),
                    List.of(folders("train", 256, 2)),
                    List.of(folders("test", 500, 3)),
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
