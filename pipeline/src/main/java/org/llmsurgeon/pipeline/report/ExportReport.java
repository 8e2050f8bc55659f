package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;
import org.llmsurgeon.export.Footprint;
import org.llmsurgeon.export.plan.BlockWidth;
import org.llmsurgeon.export.verify.Verification;

/**
 * In which form a pruned model was written, what that saves, and that it computes the same: {@code
 * export} in {@code pruning_report.json}.
 *
 * @param asked the form that was asked for: {@code auto}, {@code zeros}, {@code uniform}, {@code
 *     per-layer}, {@code nemotron-nas} or {@code indexed}
 * @param form the form it has
 * @param widths sizes of each block as they are written: {@code neurons}, {@code heads}, {@code
 *     groups}
 * @param before the model as it came: {@code parameters}, {@code bytes}, {@code multiply_adds} of
 *     one token, {@code tokens_per_second} forward
 * @param after the folder as written, likewise
 * @param verification how its logits agree with those of the model with zeros; null where both are
 *     one folder
 * @param samples what both models write; empty where there is no tokenizer or no text
 */
public record ExportReport(
    String asked,
    @JsonUnwrapped Form form,
    List<BlockWidth> widths,
    Footprint before,
    Footprint after,
    Verification verification,
    List<Sample> samples) {
  /** Copies the lists. */
  public ExportReport {
    widths = List.copyOf(widths);
    samples = List.copyOf(samples);
  }

  /**
   * The form of a folder.
   *
   * @param route its name, one of those that can be asked for
   * @param loadsIn programs that load it, with what that takes in brackets
   * @param loader the class of transformers that loads it, for example {@code AutoModelForCausalLM}
   */
  public record Form(String route, List<String> loadsIn, String loader) {
    /** Copies the list. */
    public Form {
      loadsIn = List.copyOf(loadsIn);
    }
  }

  /**
   * What two models write after a text, always the likeliest token.
   *
   * @param prompt the text
   * @param before the model as it came
   * @param after the folder as written
   */
  public record Sample(String prompt, String before, String after) {}

  /** The same with what the models write. */
  public ExportReport with(List<Sample> written) {
    return new ExportReport(asked, form, widths, before, after, verification, written);
  }
}
