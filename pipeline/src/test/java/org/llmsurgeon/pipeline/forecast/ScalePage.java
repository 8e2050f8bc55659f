package org.llmsurgeon.pipeline.forecast;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Locale;
import java.util.Map;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.forecast.size.Machines;
import org.llmsurgeon.pipeline.forecast.size.Workload;
import org.llmsurgeon.surgery.calibrate.FactorPlan;
import org.llmsurgeon.surgery.recipe.Recipe;

/** The tables of the page on scale: the planner's proposals, run by {@link ClusterSimulation}. */
final class ScalePage {
  private static final Machines.Rates RATES = new Machines.Rates(95e9, 35e9, 500e6);
  private static final int CORES = 16;
  private static final long MEMORY = 128L << 30;

  /** One slow task in a hundred, and an executor lost in a thousand hours. */
  private static final double SLOW = 0.01;

  private static final double LOST = 1e-3;
  private static final double LAUNCH = 2e-3;

  /** Bytes on the heap for a part of a file, counted from its fields. */
  private static final int RECORD = 48;

  private ScalePage() {}

  /** The published sizes of a Llama of 7 or 70 billion weights. */
  static ModelConfig llama(boolean large) {
    String json =
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32000,
         "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": %d,
         "num_attention_heads": %d, "num_key_value_heads": %d, "max_position_embeddings": 4096,
         "rms_norm_eps": 1e-05, "tie_word_embeddings": false, "torch_dtype": "float16"}
        """
            .formatted(
                large ? 8192 : 4096,
                large ? 28672 : 11008,
                large ? 80 : 32,
                large ? 64 : 32,
                large ? 8 : 32);
    try {
      return Architectures.parse(new ObjectMapper().readTree(json), "config.json");
    } catch (java.io.IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Rows of a table, one for each number of executors. */
  static String rows(boolean large, int windows, int... executors) {
    StringBuilder rows = new StringBuilder();
    for (int count : executors) {
      rows.append(row(llama(large), windows, count)).append('\n');
    }
    return rows.toString();
  }

  /** What the driver holds of the tasks of a pass: where each sum lies in each shard's file. */
  private static long records(Workload work, int shards) {
    return (long) shards * FactorPlan.keys(work.config(), work.curvature()).size() * RECORD;
  }

  private static String row(ModelConfig config, int windows, int executors) {
    Recipe recipe = Recipe.of(Map.of("sparsity", 0.2, "shots", 5));
    Workload work = new Workload(config, 2, recipe, 0.2, windows, 2048, 0, 0);
    Machines machines = new Machines(executors, CORES, MEMORY, RATES);
    Proposal.Planned planned = Proposal.of(work, machines);
    ResourcePlan plan = planned.plan();
    ClusterSimulation alike = new ClusterSimulation(executors, 0, 0, 1, 1e-12, LAUNCH);
    ClusterSimulation real = new ClusterSimulation(executors, 0.1, SLOW, 3, LOST, LAUNCH);
    ClusterSimulation.Outcome best = alike.run(plan, 1);
    ClusterSimulation.Outcome usual = real.run(plan, 1);
    double moved =
        plan.stages().stream()
            .mapToDouble(
                stage -> (double) stage.times() * (stage.work().read() + stage.work().written()))
            .sum();
    return String.format(
        Locale.ROOT,
        "| %,d | %d | %,d | %.1f | %.0f | %.2f h | %.2f h | %.0f %% | %d |",
        executors,
        plan.passes(),
        planned.proposal().shards(),
        moved / (1L << 40),
        (plan.driverBytes() + records(work, planned.proposal().shards())) / (double) (1 << 20),
        best.seconds() / 3600,
        usual.seconds() / 3600,
        100 * usual.busy(),
        usual.repeated());
  }
}
