package org.llmsurgeon.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;

/** The pages of a folder with results. They are made of the JSON beside them, and can be again. */
public final class ResultPages {
  /** The table of a comparison, in its folder. */
  public static final String COMPARISON = "compare.json";

  private static final String CONFIG = "config.json";

  private final HadoopStorage storage;
  private final String folder;

  /**
   * Pages of a folder.
   *
   * @param storage where it is
   * @param folder absolute path or URI
   */
  public ResultPages(HadoopStorage storage, String folder) {
    this.storage = storage;
    this.folder = folder;
  }

  /**
   * Writes them anew.
   *
   * @return paths of the pages
   * @throws InputException if there is nothing to make them of, or no place
   */
  public List<String> write() {
    List<String> written = new ArrayList<>();
    try {
      Optional<JsonNode> report = whole(PruningReport.FILE, ResultPages::isReport);
      if (report.isPresent()) {
        JsonNode config = json(CONFIG).orElse(NullNode.getInstance());
        ReportCsv.files(report.get()).forEach(this::replace);
        replace(EffectiveRecipe.FILE, EffectiveRecipe.of(report.get()));
        written.add(replace(ReportPage.RUN_FILE, ReportPage.ofRun(folder, report.get(), config)));
      }
      whole(COMPARISON, ResultPages::isComparison)
          .ifPresent(
              runs ->
                  written.add(
                      replace(ReportPage.COMPARISON_FILE, ReportPage.ofComparison(folder, runs))));
    } catch (UncheckedIOException failure) {
      throw new InputException(
          "The report in " + folder + " cannot be written (" + Reason.of(failure.getCause()) + ").",
          failure);
    }
    if (written.isEmpty()) {
      throw new InputException(
          "The folder "
              + folder
              + " has no "
              + PruningReport.FILE
              + " and no "
              + COMPARISON
              + "; give the output of a finished prune or compare.");
    }
    return written;
  }

  /** Writes them where they are missing; that they cannot be is no reason for a run to fail. */
  public void writeMissing(Progress progress) {
    if (!storage.exists(Storage.child(folder, ReportPage.RUN_FILE))) {
      writeOrTell(progress);
    }
  }

  /** Writes them anew; that they cannot be is no reason for a run to fail. */
  public void writeOrTell(Progress progress) {
    try {
      write();
    } catch (InputException refusal) {
      progress.note(refusal.getMessage());
    }
  }

  private Optional<JsonNode> json(String name) {
    String file = Storage.child(folder, name);
    return storage.exists(file)
        ? Json.read(storage.readBytes(file), JsonNode.class)
        : Optional.empty();
  }

  /** A file that the pages are made of; a page of half of it would say what is not so. */
  private Optional<JsonNode> whole(String name, Predicate<byte[]> fits) {
    String file = Storage.child(folder, name);
    if (!storage.exists(file)) {
      return Optional.empty();
    }
    if (!fits.test(storage.readBytes(file))) {
      throw new InputException(
          file + " is not as a run wrote it (cut short, or changed since); restore it.");
    }
    return json(name);
  }

  private static boolean isReport(byte[] json) {
    return Json.read(json, PruningReport.class)
        .filter(report -> report.shots() != null && !report.shots().isEmpty())
        .isPresent();
  }

  private static boolean isComparison(byte[] json) {
    Optional<JsonNode> runs = Json.read(json, JsonNode.class).filter(JsonNode::isArray);
    return runs.isPresent()
        && !runs.get().isEmpty()
        && StreamSupport.stream(runs.get().spliterator(), false)
            .allMatch(run -> run.path("method").isTextual() && run.path("sparsity").isNumber());
  }

  private String replace(String name, byte[] content) {
    String file = Storage.child(folder, name);
    storage.replace(file, content);
    return file;
  }
}
