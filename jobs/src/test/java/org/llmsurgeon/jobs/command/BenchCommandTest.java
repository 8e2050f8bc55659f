package org.llmsurgeon.jobs.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.DeviceUnavailableException;
import org.llmsurgeon.compute.cuda.driver.CudaCard;
import org.llmsurgeon.jobs.CommandRun;

class BenchCommandTest {
  @Test
  void theProcessorIsMeasured() throws Exception {
    CommandRun run = CommandRun.of("bench", "--repeats", "1", "--json", "--quiet");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    JsonNode result = new ObjectMapper().readTree(run.out());
    assertThat(result.get("device").asText()).isEqualTo("processor");
    assertThat(result.get("steps")).hasSize(8);
    JsonNode block = result.get("steps").get(2);
    assertThat(block.get("name").asText())
        .isEqualTo("block of width 768, inner width 2048, 12 heads, 512 tokens: with factors");
    assertThat(block.get("flops_per_second").asDouble())
        .isEqualTo(block.get("flops").asDouble() / block.get("seconds").asDouble());
    assertThat(result.get("steps").get(0).get("share").asDouble()).isEqualTo(1);
  }

  @Test
  void optionsThatDoNothingAreRefused() {
    CommandRun run = CommandRun.of("bench", "--products", "tf32");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--products is for cards, but --device is cpu");
    assertThat(CommandRun.of("bench", "--repeats", "0").err()).contains("must be at least 1");
    assertThat(CommandRun.of("bench", "--device", "gpu").err())
        .contains("There is no device 'gpu'; choose one of cpu, cuda.");
  }

  @Test
  void aMissingCardIsOneSentence() {
    String message = problem();
    Assumptions.assumeFalse(message.isEmpty(), "this machine has a CUDA card");
    CommandRun run = CommandRun.of("bench", "--device", "cuda");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message).doesNotContain("Exception");
  }

  private static String problem() {
    try {
      CudaCard.of(0);
      return "";
    } catch (DeviceUnavailableException unavailable) {
      return unavailable.getMessage();
    }
  }
}
