package org.llmsurgeon.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Pages and tables as bytes; {@link org.llmsurgeon.pipeline.ReportBrowserTest} looks at them. */
class ReportPageTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode report() throws Exception {
    return JSON.readTree(
        "{'dense_perplexity': 9.5, 'warnings': ['</script><b>&'], 'shots': [{'shot': 1, 'target':"
                .replace('\'', '"')
            + " 0.5, 'sparsity': 0.25, 'removed': 10, 'total': 40, 'threshold': 0.125,"
                .replace('\'', '"')
            + " 'predicted_nats': null, 'perplexity': 12.5, 'seconds': {'tokenise': 1, 'cut': 2.5}}]}"
                .replace('\'', '"'));
  }

  @Test
  void textsOfAReportCannotEndTheElementThatTheyStandIn() throws Exception {
    String page =
        new String(
            ReportPage.ofRun("a<b>&", report(), NullNode.getInstance()), StandardCharsets.UTF_8);
    assertThat(page).contains("<title>Pruning report: a&lt;b&gt;&amp;</title>");
    int data = page.indexOf("id=\"data\">");
    String json = page.substring(data + 10, page.indexOf("</script>", data));
    assertThat(JSON.readTree(json).path("report").path("warnings").path(0).asText())
        .isEqualTo("</script><b>&");
    assertThat(JSON.readTree(json).path("folder").asText()).isEqualTo("a<b>&");
  }

  @Test
  void thePageHasThePlottingLibraryWithItsLicenceAndNoPlaceOfTheTemplateIsLeft() throws Exception {
    String page =
        new String(
            ReportPage.ofRun("out", report(), NullNode.getInstance()), StandardCharsets.UTF_8);
    assertThat(page).contains("Chart.js v4").contains("Released under the MIT License");
    assertThat(page)
        .doesNotContain("${title}")
        .doesNotContain("${data}")
        .doesNotContain("sourceMappingURL");
  }

  @Test
  void theTableHasALineForTheDenseModelAndForEachShot() throws Exception {
    assertThat(table(report(), ReportCsv.FILE))
        .isEqualTo(
            "shot,target,sparsity,removed,total,threshold,predicted_nats,measured_nats,perplexity,parameters,bytes,multiply_adds,tokenise_seconds,accumulate_seconds,reduce_seconds,score_seconds,cut_seconds,evaluate_seconds\n"
                + "0,0,0,0,40,,,,9.5,,,,,,,,,\n"
                + "1,0.5,0.25,10,40,0.125,,,12.5,,,,1,,,,2.5,\n");
  }

  private static String table(JsonNode report, String file) {
    return new String(ReportCsv.files(report).get(file), StandardCharsets.UTF_8);
  }

  /** Layers with the health of their factors in the last shot, factors of all, stages twice. */
  @Test
  void layersFactorsAndStagesHaveTablesOfTheirOwn() throws Exception {
    JsonNode report =
        JSON.readTree(
            """
            {"shots": [{"shot": 1}, {"shot": 2}],
             "layers": [{"name": "a.0", "rows": 4, "rows_removed": 1, "rows_left": 3, "columns": 5,
               "columns_removed": 0, "columns_left": 5, "weights": 20, "removed": 5,
               "removed_before": 0, "zeros_before": 2, "damping_g": 0.5, "damping_a": 0.25}],
             "factors": [
               {"shot": 1, "layer": "a.0", "factor": "G", "size": 4, "dead": 0, "condition": 7},
               {"shot": 2, "layer": "a.0", "factor": "G", "size": 3, "dead": 1, "trace": 9.5,
                "condition": 8.5, "damping": 0.5, "retries": 2}],
             "resources": {"stages": [{"name": "cut",
               "planned": {"times": 2, "seconds": 1.5, "read": 10, "written": 11, "device": 12,
                 "memory": 13},
               "actual": {"times": 3, "seconds": 2.5, "read": 20, "written": 21, "device": 22,
                 "memory": null}}]}}
            """);
    assertThat(table(report, ReportCsv.LAYERS_FILE))
        .isEqualTo(
            "name,rows,rows_removed,rows_left,columns,columns_removed,columns_left,weights,removed,removed_before,zeros_before,damping_g,damping_a,condition_g,dead_g,retries_g,condition_a,dead_a,retries_a\n"
                + "a.0,4,1,3,5,0,5,20,5,0,2,0.5,0.25,8.5,1,2,,,\n");
    assertThat(table(report, ReportCsv.FACTORS_FILE))
        .isEqualTo(
            "shot,layer,factor,size,dead,smallest_diagonal,largest_diagonal,trace,condition,damping,retries\n"
                + "1,a.0,G,4,0,,,,7,,\n"
                + "2,a.0,G,3,1,,,9.5,8.5,0.5,2\n");
    assertThat(table(report, ReportCsv.STAGES_FILE))
        .isEqualTo(
            "stage,planned_times,planned_seconds,planned_read,planned_written,planned_device,planned_memory,actual_times,actual_seconds,actual_read,actual_written,actual_device,actual_memory\n"
                + "cut,2,1.5,10,11,12,13,3,2.5,20,21,22,\n");
  }
}
