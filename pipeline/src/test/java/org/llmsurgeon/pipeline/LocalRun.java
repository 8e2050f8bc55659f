package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A run of the loop in one process, which a run on Spark must equal. */
final class LocalRun {
  private LocalRun() {}

  /**
   * Checks all tensors of a folder.
   *
   * @param pruned what the run on Spark wrote, in F32
   * @param model the dense model
   * @param recipe how it was pruned
   * @param windows calibration windows of each shot
   * @return what the last shot did
   */
  static LocalSurgeon.Shot assertSame(
      Path pruned, TestModel model, Recipe recipe, List<int[][]> windows) throws IOException {
    Device device = ExecutorDevice.shared();
    LocalStorage storage = new LocalStorage();
    try (ModelFolder dense = ModelFolder.open(storage, model.folder().toString());
        ModelFolder folder = ModelFolder.open(storage, pruned.toString());
        LocalSurgeon local =
            new LocalSurgeon(device, model.config(), new FolderWeights(dense), recipe)) {
      LocalSurgeon.Shot last = null;
      for (int[][] each : windows) {
        last = local.shoot(each);
      }
      for (String name : LanguageModel.tensors(model.config()).keySet()) {
        try (Tensor expected = local.load(name, device);
            Tensor actual = folder.load(name, device)) {
          assertThat(device.values(actual)).as(name).isEqualTo(device.values(expected));
        }
      }
      return last;
    }
  }

  /** The same, on the model's stored windows in every shot. */
  static LocalSurgeon.Shot assertSame(Path pruned, TestModel model, Recipe recipe)
      throws IOException {
    int[][] windows =
        TokenWindows.read(new LocalStorage(), model.tokens().toString(), "calibration").windows();
    return assertSame(pruned, model, recipe, Collections.nCopies(recipe.shots(), windows));
  }
}
