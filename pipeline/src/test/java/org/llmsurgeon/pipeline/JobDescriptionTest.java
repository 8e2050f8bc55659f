package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What Spark's own pages and event logs call what a run does. */
class JobDescriptionTest {
  @TempDir Path temp;

  @Test
  void everyJobAndStageSaysWhichShotAndStepItIs() throws Exception {
    TestModel model = TestModel.llama(temp, DataType.F32);
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.3, "shots", 2));
    Names names = new Names();
    SparkConf conf = TestSpark.conf("local[2]").set(ReducePlace.SETTING, "executors");
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      spark.sc().addSparkListener(names);
      new SurgeonPipeline(spark, Progress.silent())
          .prune(model.request(temp.resolve("pruned"), recipe));
    }
    // Closing Spark has delivered all events.
    assertThat(names.jobs.stream().distinct())
        .containsExactly(
            "hash",
            "inspect",
            "evaluate",
            "shot 1/2 accumulate",
            "shot 1/2 reduce",
            "shot 1/2 score",
            "shot 1/2 cut",
            "shot 1/2 evaluate",
            "shot 2/2 accumulate",
            "shot 2/2 reduce",
            "shot 2/2 score",
            "shot 2/2 cut",
            "shot 2/2 evaluate");
    assertThat(names.stages).isEqualTo(names.jobs);
  }

  private static final class Names extends SparkListener {
    private final List<String> jobs = Collections.synchronizedList(new ArrayList<>());
    private final List<String> stages = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void onJobStart(SparkListenerJobStart job) {
      jobs.add(job.properties().getProperty("spark.job.description"));
    }

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted stage) {
      stages.add(stage.stageInfo().name());
    }
  }
}
