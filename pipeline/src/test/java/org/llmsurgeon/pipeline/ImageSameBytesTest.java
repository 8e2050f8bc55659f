package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The weights of a network of images do not depend on where the work was done either. */
@DisplayName("A network of images that was pruned")
class ImageSameBytesTest {
  private static final Recipe RECIPE =
      Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "sequences", 12, "shards", 5));

  @TempDir Path temp;

  private Path prune(String master, Path model, String images, String name) {
    try (JavaSparkContext spark = new JavaSparkContext(TestSpark.conf(master))) {
      Path output = temp.resolve(name);
      PruneRequest request =
          new PruneRequest(
              model.toString(), List.of(images), List.of(), output.toString(), null, false, RECIPE);
      new SurgeonPipeline(spark, Progress.silent()).prune(request);
      return output.resolve("model.safetensors");
    }
  }

  @Test
  void hasTheSameBytesOnOneCoreAndOnSeven() throws IOException {
    Path model = TinyImages.model(temp.resolve("model"));
    String images = TinyImages.folders(temp.resolve("images"), 30).toString();
    byte[] one = Files.readAllBytes(prune("local[1]", model, images, "one"));
    assertThat(Files.readAllBytes(prune("local[7]", model, images, "seven"))).isEqualTo(one);
  }

  @Test
  void hasTheSameWeightsAsTheLoopInOneProcess() throws IOException {
    Path model = TinyImages.model(temp.resolve("model"));
    ModelConfig config;
    try (ReferenceModel reference = ReferenceModel.open("vit")) {
      config = reference.config();
    }
    int[][] windows = TinyModels.labelledWindows(config, 12, 0, 1);
    LocalStorage storage = new LocalStorage();
    String file = temp.resolve("windows.arrow").toString();
    new TokenWindows(windows).write(storage, file);
    prune("local[3]", model, file, "spark");
    Device device = ExecutorDevice.shared();
    try (ModelFolder dense = ModelFolder.open(storage, model.toString());
        ModelFolder pruned = ModelFolder.open(storage, temp.resolve("spark").toString());
        LocalSurgeon local = new LocalSurgeon(device, config, new FolderWeights(dense), RECIPE)) {
      local.shoot(windows);
      local.shoot(windows);
      for (String name : LanguageModel.tensors(config).keySet()) {
        try (Tensor expected = local.load(name, device);
            Tensor actual = pruned.load(name, device)) {
          assertThat(device.values(actual)).as(name).isEqualTo(device.values(expected));
        }
      }
    }
  }
}
