package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.compare.CompareRequest;
import org.llmsurgeon.pipeline.report.Browser;
import org.llmsurgeon.pipeline.report.PruningReport;
import org.llmsurgeon.pipeline.report.ReportPage;
import org.llmsurgeon.surgery.recipe.Recipe;

/**
 * Pages of real runs in a real browser: no problem in its console, no network, nothing wider than
 * the window, something on every chart. {@code SURGEON_PICTURES} names a folder for the pictures.
 */
class ReportBrowserTest {
  /** Constraints on widths are told with what each costs. */
  private static final Recipe RECIPE =
      Recipe.of(
          Map.of(
              "preset", "hardware", "one-width", true, "round-to", 2, "sparsity", 0.4, "shots", 3));

  private static JavaSparkContext spark;
  @TempDir static Path temp;
  private static Path pruned;
  private static Path compared;
  private static TestModel model;

  @BeforeAll
  static void run() throws Exception {
    spark = TestSpark.local(2);
    model = TestModel.llama(temp, DataType.F32);
    pruned = temp.resolve("pruned");
    compared = temp.resolve("compared");
    SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
    pipeline.prune(model.request(pruned, RECIPE));
    List<String> tokens = List.of(model.tokens().toString());
    pipeline.compare(
        new CompareRequest(
            model.folder().toString(),
            tokens,
            tokens,
            compared.toString(),
            false,
            new CompareRequest.Runs(
                List.of("magnitude", "wanda", "surgeon"),
                List.of(0.3, 0.5),
                Map.of("structures", "element"))));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @Test
  void pagesAreMadeByRunsAndAgainFromTheirFiles() throws Exception {
    Path page = pruned.resolve("report.html");
    byte[] first = Files.readAllBytes(page);
    assertThat(Files.readString(pruned.resolve("report.csv"))).hasLineCount(5);
    Files.delete(page);
    SurgeonPipeline pipeline = new SurgeonPipeline(spark, Progress.silent());
    assertThat(pipeline.report(pruned.toString())).containsExactly(page.toUri().getPath());
    assertThat(page).hasBinaryContent(first);

    Files.delete(page);
    pipeline.prune(model.request(pruned, RECIPE));
    assertThat(page).as("a finished run makes what is missing").hasBinaryContent(first);

    Path empty = Files.createDirectory(temp.resolve("empty"));
    assertThatThrownBy(() -> pipeline.report(empty.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no pruning_report.json and no compare.json");
  }

  @Test
  void aBrowserShowsThemWithoutProblemsAndWithoutNetwork() throws Exception {
    assumeTrue(Browser.program().isPresent(), "no Chromium on the path; set SURGEON_BROWSER");
    try (Browser browser =
        Browser.start(Browser.program().get(), Files.createDirectory(temp.resolve("profile")))) {
      look(browser, pruned.resolve("report.html"), "removed");
      look(browser, withWarningsAndTexts(), "removed");
      assertThat(browser.evaluate("document.getElementById('page').textContent").asText())
          .contains("2 more warnings", "warning 4", "Once upon", " a time", " a tame")
          .contains("Spearman", "1.0000 \u2192 0.9816", "Accuracy", "0.8750 \u2192 0.8125")
          .contains("What constraints on widths cost", "--one-width", "--round-to")
          .contains(widthsOfTheFirstBlock())
          .contains("Seconds of each stage", "Memory of each stage");
      look(browser, compared.resolve("compare.html"), "Comparison of 3 methods");
      browser.open(withARunThatFellShort().toUri(), 1280, "light");
      assertThat(browser.evaluate("document.querySelector('.tiles').textContent").asText())
          .contains("Best at 30", "Best at 50")
          .doesNotContain("1.234");
      browser.open(loadedBy("AutoModelForImageClassification").toUri(), 1280, "light");
      assertThat(browser.evaluate("document.getElementById('page').textContent").asText())
          .contains("AutoModelForImageClassification.from_pretrained(folder", "AutoImageProcessor")
          .doesNotContain("AutoModelForCausalLM", "generate(");
      ObjectNode other = ofOtherNames();
      browser.open(page("names.html", other).toUri(), 1280, "light");
      assertMapOfOtherNames(browser, other.withArray("layers"));
    }
  }

  /** The head and the first row of the table of sizes. */
  private static String widthsOfTheFirstBlock() throws Exception {
    JsonNode report = new ObjectMapper().readTree(pruned.resolve(PruningReport.FILE).toFile());
    JsonNode first = report.at("/export/widths/0");
    assertThat(first.path("neurons").asInt()).isPositive();
    return "blockneuronsheadskey/value heads0%s%s%s"
        .formatted(first.get("neurons"), first.get("heads"), first.get("groups"));
  }

  /** The report of a network with two experts, and with matrices that end in the same word. */
  private static ObjectNode ofOtherNames() throws Exception {
    Map<String, String> names =
        Map.of(
            "self_attn.q_proj", "attention.self.query",
            "self_attn.k_proj", "attention.self.key",
            "self_attn.v_proj", "attention.self.value",
            "self_attn.o_proj", "attention.output.dense",
            "mlp.gate_proj", "experts.0.up_proj",
            "mlp.up_proj", "experts.1.up_proj",
            "mlp.down_proj", "output.dense");
    ObjectNode report =
        (ObjectNode) new ObjectMapper().readTree(pruned.resolve(PruningReport.FILE).toFile());
    for (JsonNode layer : report.withArray("layers")) {
      String name = layer.get("name").asText();
      String matrix = name.replaceFirst(".*?\\.\\d+\\.", "");
      ((ObjectNode) layer).put("name", name.replace(matrix, names.get(matrix)));
    }
    return report;
  }

  /** Every matrix has a column of its own, and experts are one. */
  private static void assertMapOfOtherNames(Browser browser, ArrayNode layers) throws Exception {
    String heads = "[...document.querySelectorAll('.map th[scope=col]')]";
    assertThat(browser.evaluate(heads + ".map(h => h.textContent).join(' ')").asText())
        .isEqualTo("query key value attention.output.dense up_proj output.dense");
    long removed = 0;
    long weights = 0;
    for (JsonNode layer : layers) {
      boolean first = layer.get("name").asText().matches("\\D*0\\..*experts.*");
      removed += first ? layer.get("removed").asLong() : 0;
      weights += first ? layer.get("weights").asLong() : 0;
    }
    assertThat(weights).isPositive();
    assertThat(
            browser
                .evaluate("document.querySelector('.map tbody tr').cells[5].textContent")
                .asInt())
        .isEqualTo(Math.round(100.0 * removed / weights));
    assertThat(browser.evaluate("document.getElementById('page').textContent").asText())
        .contains("Widths left");
  }

  private static Path page(String name, ObjectNode report) throws Exception {
    return Files.write(temp.resolve(name), ReportPage.ofRun("out", report, NullNode.getInstance()));
  }

  /** The page of a model that another class of transformers loads. */
  private static Path loadedBy(String loader) throws Exception {
    ObjectMapper json = new ObjectMapper();
    ObjectNode report = (ObjectNode) json.readTree(pruned.resolve("pruning_report.json").toFile());
    ((ObjectNode) report.get("export")).put("loader", loader);
    return Files.write(
        temp.resolve("loader.html"),
        ReportPage.ofRun("out", report, json.readTree(pruned.resolve("config.json").toFile())));
  }

  /**
   * The page of a comparison in which the lowest perplexity is that of a run that removed little.
   */
  private static Path withARunThatFellShort() throws Exception {
    ArrayNode runs =
        (ArrayNode) new ObjectMapper().readTree(compared.resolve("compare.json").toFile());
    ObjectNode shortRun = runs.get(1).deepCopy();
    runs.add(shortRun.put("removed", 0.2).put("perplexity", 1.234));
    return Files.write(temp.resolve("short.html"), ReportPage.ofComparison("out", runs));
  }

  /** The page of the same run with everything that a report can have. */
  private static Path withWarningsAndTexts() throws Exception {
    ObjectMapper json = new ObjectMapper();
    ObjectNode report = (ObjectNode) json.readTree(pruned.resolve(PruningReport.FILE).toFile());
    ArrayNode warnings = report.putArray("warnings");
    List.of("warning 1", "warning 2", "warning 3", "warning 4").forEach(warnings::add);
    ((ObjectNode) report.path("export"))
        .putArray("samples")
        .addObject()
        .put("prompt", "Once upon")
        .put("before", " a time")
        .put("after", " a tame");
    report
        .putArray("scores")
        .add(json.valueToTree(new PruningReport.Score("spearman", 1.0, 0.98164)))
        .add(json.valueToTree(new PruningReport.Score("accuracy", 0.875, 0.8125)));
    return Files.write(
        temp.resolve("all.html"), ReportPage.ofRun("out", report, NullNode.getInstance()));
  }

  private static void look(Browser browser, Path page, String title) throws Exception {
    for (String scheme : List.of("light", "dark")) {
      for (int width : List.of(1280, 400)) {
        String where = page.getFileName() + " " + scheme + " " + width;
        browser.open(page.toUri(), width, scheme);
        keep(page.getFileName() + "-" + scheme + "-" + width + ".png", browser.picture());
        assertThat(browser.problems()).as(where).isEmpty();
        assertThat(browser.requests())
            .as(where)
            .allMatch(each -> each.equals(page.toUri().toString()) || each.startsWith("data:"));
        assertThat(browser.evaluate("document.querySelector('h1').textContent").asText())
            .contains(title);
        assertThat(browser.evaluate("document.getElementById('page').textContent").asText())
            .as(where)
            .doesNotContain("[object")
            .doesNotContain("undefined");
        assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
            .as(where)
            .isLessThanOrEqualTo(width);
        assertThat(browser.evaluate(CUT_OFF).asText()).as(where).isEmpty();
        int charts = browser.evaluate("document.querySelectorAll('canvas').length").asInt();
        assertThat(charts).as(where).isGreaterThanOrEqualTo(3);
        assertThat(browser.evaluate(DRAWN).asInt()).as(where).isEqualTo(charts);
      }
    }
    byte[] paper = browser.printed();
    keep(page.getFileName() + ".pdf", paper);
    assertThat(new String(paper, 0, 5, StandardCharsets.US_ASCII)).isEqualTo("%PDF-");
  }

  /** The heads of tables of which a part is beyond the edge; a map and many columns may be. */
  private static final String CUT_OFF =
      "[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth"
          + " && !s.querySelector('.map') && s.querySelector('tr').cells.length < 6).map(s =>"
          + " s.querySelector('tr').textContent).join('; ')";

  /** How many charts have points of more than one colour. */
  private static final String DRAWN =
      "[...document.querySelectorAll('canvas')].filter(c => { const p = new"
          + " Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);"
          + " return new Set(p).size > 10; }).length";

  private static void keep(String name, byte[] content) throws Exception {
    String folder = System.getenv("SURGEON_PICTURES");
    if (folder != null) {
      Files.write(Path.of(folder, name), content);
    }
  }
}
