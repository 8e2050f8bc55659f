package org.llmsurgeon.jobs.watch;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;
import org.llmsurgeon.pipeline.cluster.ShotFigures;

/**
 * Figures of a run as metrics of Spark's driver, so that whatever sink Spark's settings name gets
 * them, a Prometheus server for example: {@code shot}, {@code shots}, {@code sparsity}, {@code
 * perplexity}, {@code tokens_per_second} of the last measuring of the curvature, and {@code
 * stage_seconds.NAME}, the time that all stages of a name took so far. What is not known is NaN.
 */
public final class RunMetrics implements Source, RunObserver {
  /** The first part of all names. */
  static final String NAME = "llmsurgeon";

  private final MetricRegistry registry = new MetricRegistry();
  private final Map<String, Double> values = new ConcurrentHashMap<>();

  /** Metrics of a run that begins. */
  public RunMetrics() {
    for (String name : new String[] {"shot", "shots", "sparsity"}) {
      put(name, 0);
    }
    put("perplexity", Double.NaN);
    put("tokens_per_second", Double.NaN);
  }

  /** Hands them to Spark, which must have started in this process. */
  public void register() {
    SparkEnv.get().metricsSystem().registerSource(this);
  }

  @Override
  public String sourceName() {
    return NAME;
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  @Override
  public void stageFinished(String stage, double seconds) {
    String name = "stage_seconds." + stage;
    put(name, values.getOrDefault(name, 0.0) + seconds);
  }

  @Override
  public void shotFinished(ShotFigures shot) {
    put("shot", shot.shot());
    put("shots", shot.shots());
    put("sparsity", shot.sparsity());
    put("perplexity", shot.perplexity() == null ? Double.NaN : shot.perplexity());
    put("tokens_per_second", shot.tokensPerSecond() == null ? Double.NaN : shot.tokensPerSecond());
  }

  private void put(String name, double value) {
    if (values.put(name, value) == null) {
      registry.register(name, (Gauge<Double>) () -> values.get(name));
    }
  }
}
