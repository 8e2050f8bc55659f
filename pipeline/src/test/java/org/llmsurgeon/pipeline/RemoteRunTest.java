package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.surgery.recipe.Recipe;

class RemoteRunTest {
  @TempDir Path temp;

  @Test
  void aRunWhoseFilesAreReachedThroughHadoopOnlyWritesTheSameBytes() throws Exception {
    TestModel model = TestModel.opt(temp.toRealPath(), DataType.BF16);
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", 2));
    List<String> tokens = List.of(RemoteFileSystem.uri(model.tokens()));
    Path output = temp.toRealPath().resolve("remote");
    try (JavaSparkContext spark =
        new JavaSparkContext(
            TestSpark.conf("local[2]")
                .set("spark.hadoop.fs.remote.impl", RemoteFileSystem.class.getName()))) {
      SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
      PruningReport remote =
          pipeline.prune(
              new PruneRequest(
                  RemoteFileSystem.uri(model.folder()),
                  tokens,
                  tokens,
                  RemoteFileSystem.uri(output),
                  null,
                  false,
                  recipe));
      PruningReport local = pipeline.prune(model.request(temp.resolve("local"), recipe));

      assertThat(remote.perplexity()).isEqualTo(local.perplexity());
      assertThat(remote.setup().inputs().model().path()).startsWith("remote://host/");
    }
    assertThat(Files.readAllBytes(output.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(temp.resolve("local/model.safetensors")));
    assertThat(output.resolve(".surgeon-run")).doesNotExist();
  }
}
