package org.llmsurgeon.jobs.terminal;

import org.llmsurgeon.export.Footprint;
import org.llmsurgeon.export.verify.Verification;
import org.llmsurgeon.pipeline.analyse.ExportResult;
import org.llmsurgeon.pipeline.report.ExportReport;

/** What an export saved, and that it computes the same, for people. */
public final class ExportTable {
  private ExportTable() {}

  /**
   * Size and speed before and after, the form, and where it loads.
   *
   * @param report of an export
   * @return lines of text, each ended by a line separator
   */
  public static String text(ExportReport report) {
    Footprint before = report.before();
    Footprint after = report.after();
    TextTable table = new TextTable("size and speed", "before", "after", "");
    row(table, "parameters", before.parameters(), after.parameters());
    table.row(
        "bytes on disk",
        Format.bytes(before.bytes()),
        Format.bytes(after.bytes()),
        times(before.bytes(), after.bytes()));
    row(table, "multiply-adds per token", before.multiplyAdds(), after.multiplyAdds());
    if (before.tokensPerSecond() != null && after.tokensPerSecond() != null) {
      table.row(
          "tokens per second, forward",
          Format.count(Math.round(before.tokensPerSecond())),
          Format.count(Math.round(after.tokensPerSecond())),
          times(before.tokensPerSecond(), after.tokensPerSecond()));
    }
    String line = System.lineSeparator();
    StringBuilder text = new StringBuilder(table.toString());
    text.append("Form: ").append(report.form().route()).append(". It loads in ");
    text.append(String.join(", ", report.form().loadsIn())).append('.').append(line);
    if (report.verification() != null) {
      text.append(verified(report.verification())).append(line);
    }
    return text.toString();
  }

  /**
   * A GGUF file, in a sentence.
   *
   * @param file that was written
   */
  public static String text(ExportResult.GgufFile file) {
    return "GGUF file: %s, %s, architecture %s. It loads in llama.cpp."
        .formatted(file.path(), Format.bytes(file.bytes()), file.architecture());
  }

  /**
   * What a comparison came to, in a sentence.
   *
   * @param verification of two models
   */
  static String verified(Verification verification) {
    String all =
        "Verified on %s tokens: logits differ by at most %.2g"
            .formatted(
                Format.count(verification.tokens()), verification.agreement().maxLogitDifference());
    return verification.transformers() == null
        ? all + "."
        : "%s, through transformers by %.2g."
            .formatted(all, verification.transformers().maxLogitDifference());
  }

  private static void row(TextTable table, String name, long before, long after) {
    table.row(name, Format.count(before), Format.count(after), times(before, after));
  }

  private static String times(double before, double after) {
    return Format.number(after / before, 2) + " x";
  }
}
