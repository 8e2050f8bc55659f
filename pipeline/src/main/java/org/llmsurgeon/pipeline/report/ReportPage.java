package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A result as one HTML file that needs nothing else: its numbers, style, program and plotting
 * library (Chart.js, MIT licence) stand inside, and its content security policy allows no network.
 *
 * <p>The numbers are taken as they stand in the JSON beside the page; what a report does not have
 * is not shown.
 */
public final class ReportPage {
  /** Name of the page of a pruned model. */
  public static final String RUN_FILE = "report.html";

  /** Name of the page of a comparison. */
  public static final String COMPARISON_FILE = "compare.html";

  private ReportPage() {}

  /**
   * The page of a pruned model.
   *
   * @param folder the model folder, as the reader is to be told
   * @param report content of {@code pruning_report.json}
   * @param config content of the folder's {@code config.json}
   * @return UTF-8
   */
  public static byte[] ofRun(String folder, JsonNode report, JsonNode config) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("folder", folder).set("report", report);
    data.set("config", config);
    return page("Pruning report: " + folder, data, "prune.js");
  }

  /**
   * The page of a comparison.
   *
   * @param folder where it lies, as the reader is to be told
   * @param runs content of {@code compare.json}
   * @return UTF-8
   */
  public static byte[] ofComparison(String folder, JsonNode runs) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("folder", folder).set("runs", runs);
    return page("Comparison: " + folder, data, "compare.js");
  }

  private static byte[] page(String title, JsonNode data, String script) {
    String page =
        resource("page.html")
            .replace("${title}", escaped(title))
            .replace("${style}", resource("page.css"))
            .replace(
                "${charts}", resource("chart.umd.min.js").replaceAll("//# sourceMapping.*", ""))
            .replace("${script}", resource("common.js") + resource(script))
            // Last, so that nothing in the data is taken for a place of the template.
            .replace("${data}", inScript(data.toString()));
    return page.getBytes(StandardCharsets.UTF_8);
  }

  /** JSON that cannot end the element that it stands in. */
  private static String inScript(String json) {
    return json.replace("<", "\\u003c");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new UncheckedIOException(name, broken);
    }
  }
}
