package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Runs of one network on the same folder of images on the local disk and somewhere else. */
final class RemoteImages {
  private static final Recipe RECIPE =
      Recipe.of(Map.of("sparsity", 0.3, "shots", 2, "sequences", 12));

  private RemoteImages() {}

  /**
   * Prunes in both places and compares the networks and what they are right about.
   *
   * @param pipeline runs them
   * @param temp an empty local folder
   * @param storage the other place
   * @param root an empty folder there
   */
  static void pruneTheBytesOfThoseOnTheLocalDisk(
      SurgeonPipeline pipeline, Path temp, HadoopStorage storage, String root) throws IOException {
    Path model = TinyImages.model(temp.resolve("vit"));
    Path images = TinyImages.folders(temp.resolve("images"), 30);
    copy(temp, storage, root);
    PruningReport local =
        prune(pipeline, model.toString(), images.toString(), temp.resolve("out").toString());
    String output = Storage.child(root, "out");
    PruningReport remote =
        prune(pipeline, Storage.child(root, "vit"), Storage.child(root, "images"), output);

    assertThat(remote.quality()).isEqualTo(local.quality());
    assertThat(remote.quality().scores()).extracting(PruningReport.Score::metric).isNotEmpty();
    for (String name : List.of("model.safetensors", "preprocessor_config.json")) {
      assertThat(storage.readBytes(Storage.child(output, name)))
          .as(name)
          .isEqualTo(Files.readAllBytes(temp.resolve("out").resolve(name)));
    }
  }

  private static PruningReport prune(
      SurgeonPipeline pipeline, String model, String images, String output) {
    return pipeline.prune(
        new PruneRequest(model, List.of(images), List.of(), output, null, false, RECIPE));
  }

  private static void copy(Path from, HadoopStorage storage, String to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (OutputStream out =
            storage.create(Storage.child(to, from.relativize(file).toString()))) {
          Files.copy(file, out);
        }
      }
    }
  }
}
