package org.llmsurgeon.jobs.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Reader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.jobs.Checkout;
import org.llmsurgeon.jobs.TinyModelFolder;
import org.llmsurgeon.pipeline.SurgeonPipeline;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ShotFigures;
import org.llmsurgeon.pipeline.prune.PruneRequest;
import org.llmsurgeon.surgery.recipe.Recipe;

/** What a Prometheus server gets from the driver under the settings of conf, while a run works. */
class RunMetricsTest {
  /** Of spark-cluster.conf what has to do with metrics. */
  private static SparkConf shipped() throws Exception {
    Properties all = new Properties();
    try (Reader reader = Files.newBufferedReader(Checkout.file("conf/spark-cluster.conf"))) {
      all.load(reader);
    }
    SparkConf conf =
        new SparkConf(false)
            .setMaster("local[2]")
            .setAppName("metrics")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.ui.port", "0");
    all.stringPropertyNames().stream()
        .filter(key -> key.startsWith("spark.metrics.") || key.startsWith("spark.ui.prometheus"))
        .forEach(key -> conf.set(key, all.getProperty(key).strip()));
    return conf;
  }

  private static String scrape(JavaSparkContext spark) throws Exception {
    URI address = URI.create(spark.sc().uiWebUrl().get() + "/metrics/prometheus/");
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  /** The value of one of our metrics, as Prometheus would read it. */
  private static double value(String scraped, String name) {
    String line =
        scraped
            .lines()
            .filter(each -> each.startsWith("metrics_llmsurgeon_driver_llmsurgeon_" + name + "_"))
            .filter(each -> each.contains("_Value"))
            .findFirst()
            .orElseThrow(() -> new AssertionError(name + " is not in\n" + scraped));
    return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
  }

  @Test
  void aScrapeInTheMiddleOfARunHasItsFigures(@TempDir Path temp) throws Exception {
    TinyModelFolder model = TinyModelFolder.write(temp.resolve("model"));
    try (JavaSparkContext spark = new JavaSparkContext(shipped())) {
      RunMetrics metrics = new RunMetrics();
      metrics.register();
      assertThat(value(scrape(spark), "shot")).isZero();
      assertThat(value(scrape(spark), "perplexity")).isNaN();
      List<String> scraped = new ArrayList<>();
      List<ShotFigures> told = new ArrayList<>();
      Progress progress = new Watcher(told, () -> scraped.add(scrape(spark)));
      new SurgeonPipeline(spark, new ObservedProgress(progress, List.of(metrics)))
          .prune(
              new PruneRequest(
                  model.folder().toString(),
                  List.of(model.windows("calibration", 3).toString()),
                  List.of(model.windows("test", 3).toString()),
                  temp.resolve("out").toString(),
                  null,
                  false,
                  Recipe.of(Map.of("sparsity", 0.4, "shots", 2)),
                  Route.ZEROS));
      String middle = scraped.get(0);
      assertThat(value(middle, "shot")).isEqualTo(1);
      assertThat(value(middle, "shots")).isEqualTo(2);
      assertThat(value(middle, "sparsity")).isEqualTo(told.get(0).sparsity());
      assertThat(value(middle, "perplexity")).isEqualTo(told.get(0).perplexity());
      assertThat(value(middle, "tokens_per_second")).isEqualTo(told.get(0).tokensPerSecond());
      assertThat(value(middle, "stage_seconds_accumulate")).isPositive();
      String end = scrape(spark);
      assertThat(value(end, "shot")).isEqualTo(2);
      assertThat(value(end, "sparsity")).isEqualTo(told.get(1).sparsity());
      assertThat(value(end, "stage_seconds_cut")).isGreaterThan(value(middle, "stage_seconds_cut"));
    }
  }

  /** Something that may fail. */
  private interface Action {
    void run() throws Exception;
  }

  /** Takes down shots, and acts in the middle of the second. */
  private record Watcher(List<ShotFigures> told, Action inSecondCut) implements Progress {
    @Override
    public void runStarted(String title, int shots) {}

    @Override
    public void stageStarted(int shot, String stage, int tasks) {
      if (shot == 2 && stage.equals("cut")) {
        try {
          inSecondCut.run();
        } catch (Exception broken) {
          throw new AssertionError(broken);
        }
      }
    }

    @Override
    public void taskFinished() {}

    @Override
    public void stageFinished(double seconds) {}

    @Override
    public void note(String line) {}

    @Override
    public void shotFinished(ShotFigures shot) {
      told.add(shot);
    }
  }
}
