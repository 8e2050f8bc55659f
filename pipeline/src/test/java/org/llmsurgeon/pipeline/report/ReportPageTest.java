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
    assertThat(new String(ReportCsv.of(report()), StandardCharsets.UTF_8))
        .isEqualTo(
            "shot,target,sparsity,removed,total,threshold,predicted_nats,measured_nats,perplexity,parameters,bytes,multiply_adds,tokenise_seconds,accumulate_seconds,reduce_seconds,score_seconds,cut_seconds,evaluate_seconds\n"
                + "0,0,0,0,40,,,,9.5,,,,,,,,,\n"
                + "1,0.5,0.25,10,40,0.125,,,12.5,,,,1,,,,2.5,\n");
  }
}
