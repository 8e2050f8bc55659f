package org.llmsurgeon.pipeline.output;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.Exporter;
import org.llmsurgeon.export.Footprint;
import org.llmsurgeon.export.gguf.GgufExport;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.export.verify.PythonTransformers;
import org.llmsurgeon.export.verify.Verification;
import org.llmsurgeon.export.verify.Verifier;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.report.ExportReport;
import org.llmsurgeon.pipeline.weights.MappedWeights;

/** Writes a folder with zeros as a smaller one, and checks and measures that. */
public final class FolderExport {
  /** How many steps a {@link #write} has: written, checked, measured. */
  public static final int STEPS = 3;

  private static final int MOST_WINDOWS = 2;
  private static final int MOST_TOKENS = 64;

  private final HadoopStorage storage;
  private final int[][] windows;
  private final Runnable stepDone;

  /**
   * An export.
   *
   * @param storage where the folders are
   * @param windows token windows of a text without labels, or images, to check with; null for drawn
   *     ones
   * @param stepDone told after each step
   */
  public FolderExport(HadoopStorage storage, int[][] windows, Runnable stepDone) {
    this.storage = storage;
    this.stepDone = stepDone;
    this.windows = windows;
  }

  /** A few windows, the beginnings of texts or whole images; null for drawn ones. */
  private int[][] some(ModelConfig config) {
    if (windows == null) {
      return null;
    }
    int most = config.readsImages() ? Integer.MAX_VALUE : MOST_TOKENS;
    return Arrays.stream(windows)
        .limit(MOST_WINDOWS)
        .map(each -> Arrays.copyOf(each, Math.min(each.length, most)))
        .toArray(int[][]::new);
  }

  /**
   * Writes the smaller folder, checks that it computes the same and measures both.
   *
   * @param dense the model as it came, to compare sizes and speed with
   * @param masked the model with zeros
   * @param asked the form
   * @param target a folder without any of the files
   * @throws org.llmsurgeon.InputException where the form is not for this model, or what was written
   *     does not compute the same
   */
  public ExportReport write(String dense, String masked, Route asked, String target) {
    Device device = ExecutorDevice.shared();
    Exporter.Exported written;
    try (ModelFolder folder = ModelFolder.open(storage, masked)) {
      written = new Exporter(folder, device).write(asked, storage, target);
    } catch (IOException failed) {
      throw new UncheckedIOException(masked + " could not be closed", failed);
    }
    stepDone.run();
    Verification verification = verify(masked, target, device);
    stepDone.run();
    double[] speeds = speeds(dense, target, device);
    stepDone.run();
    return report(dense, asked, written, target, verification, speeds);
  }

  /**
   * What there is to say of a model with zeros that stays as it is.
   *
   * @param dense the model as it came
   * @param target the model with zeros, in whose folder the mask is written where it is needed
   */
  ExportReport zeros(String dense, String target) {
    try (ModelFolder folder = ModelFolder.open(storage, target)) {
      Exporter.Exported kept = new Exporter(folder, ExecutorDevice.shared()).keep(storage);
      stepDone.run();
      return report(dense, Route.ZEROS, kept, target, null, null);
    } catch (IOException failed) {
      throw new UncheckedIOException(target + " could not be closed", failed);
    }
  }

  private ExportReport report(
      String dense,
      Route asked,
      Exporter.Exported written,
      String target,
      Verification verification,
      double[] speeds) {
    Footprint before = footprint(dense);
    Footprint after = footprint(target);
    return new ExportReport(
        asked.optionName(),
        new ExportReport.Form(
            written.route().optionName(),
            loadsIn(written.route(), target),
            Architectures.written(config(target).architecture()).auto()),
        written.widths(),
        speeds == null ? before : before.with(speeds[0]),
        speeds == null ? after : after.with(speeds[1]),
        verification,
        List.of());
  }

  private List<String> loadsIn(Route route, String target) {
    try (ModelFolder folder = ModelFolder.open(storage, target)) {
      ModelConfig config = Architectures.parse(folder.config(), folder.configPath());
      if (!config.attention().causal() || route == Route.PER_LAYER && !config.isPlain()) {
        // Only this was tried: other programs have their own lists of encoders, and of layouts
        return route == Route.ZEROS || route == Route.UNIFORM
            ? List.of("transformers")
            : List.of("transformers (trust_remote_code=True)");
      }
      Route form = route == Route.ZEROS ? Route.ofSameSizes(folder.config()) : route;
      List<String> programs = new ArrayList<>(form.loadsIn());
      if (GgufExport.knows(config.architecture())) {
        programs.add(GgufExport.LOADS_IN);
      }
      return programs;
    } catch (IOException failed) {
      throw new UncheckedIOException(target + " could not be closed", failed);
    }
  }

  private ModelConfig config(String path) {
    try (ModelFolder folder = ModelFolder.open(storage, path)) {
      return Architectures.parse(folder.config(), folder.configPath());
    } catch (IOException failed) {
      throw new UncheckedIOException(path + " could not be closed", failed);
    }
  }

  private Verification verify(String masked, String target, Device device) {
    boolean asked = System.getenv(PythonTransformers.VARIABLE) != null;
    PythonTransformers python =
        asked && HadoopStorage.isLocal(target) ? PythonTransformers.find().orElse(null) : null;
    return new Verifier(storage, device).verify(masked, target, some(config(masked)), python);
  }

  private Footprint footprint(String path) {
    try (ModelFolder folder = ModelFolder.open(storage, path)) {
      return Footprint.of(folder);
    } catch (IOException failed) {
      throw new UncheckedIOException(path + " could not be closed", failed);
    }
  }

  /** Tokens per second of both; null where they are large for the driver. */
  private double[] speeds(String dense, String target, Device device) {
    int[][] tokens;
    try (ModelFolder folder = ModelFolder.open(storage, dense)) {
      ModelConfig config = Architectures.parse(folder.config(), folder.configPath());
      if (MappedWeights.wanted(config)) {
        return null;
      }
      tokens = windows == null ? Verifier.sample(config, 0) : some(config);
    } catch (IOException failed) {
      throw new UncheckedIOException(dense + " could not be closed", failed);
    }
    try (LanguageModel first = FolderWeights.model(storage, dense, device);
        LanguageModel second = FolderWeights.model(storage, target, device)) {
      return Footprint.speeds(List.of(first, second), tokens);
    }
  }
}
