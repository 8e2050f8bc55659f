package org.llmsurgeon.export;

import java.util.List;
import java.util.Set;
import org.llmsurgeon.checkpoint.folder.EditedFolderWriter;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.folder.ModelFolderWriter;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.plan.BlockWidth;
import org.llmsurgeon.export.plan.ExportPlan;
import org.llmsurgeon.export.plan.ExportPlanner;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.export.plan.WrittenForms;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;

/** Writes a model with zeros as a smaller one. */
public final class Exporter {
  private final ModelFolder folder;
  private final ModelConfig config;
  private final Device device;

  /**
   * The export of a model.
   *
   * @param folder the model, with zeros where weights are gone
   * @param device reads the weights
   */
  public Exporter(ModelFolder folder, Device device) {
    this.folder = folder;
    this.config = Architectures.parse(folder.config(), folder.configPath());
    this.device = device;
  }

  /**
   * What an export did.
   *
   * @param route the form, never {@link Route#AUTO}
   * @param widths of all blocks
   */
  public record Exported(Route route, List<BlockWidth> widths) {}

  /**
   * Leaves the model as it is, and writes the mask beside it where single weights are gone.
   *
   * @param storage where the model is
   */
  public Exported keep(Storage storage) {
    ExportPlanner planner = new ExportPlanner(folder, config, device);
    if (planner.singleWeightsAreGone()) {
      MaskFile.write(folder, config, storage, folder.path(), device);
    }
    return new Exported(Route.ZEROS, planner.plan(Route.ZEROS).widths());
  }

  /**
   * Writes the smaller model. Nothing is left out that is not zero or constant; constants are added
   * to a bias.
   *
   * @param asked the form
   * @param storage where to
   * @param path a folder that holds none of the files; publish it when it has been verified
   * @throws org.llmsurgeon.InputException where the architecture has no such form
   */
  public Exported write(Route asked, Storage storage, String path) {
    WrittenForms.require(asked, config, folder.path());
    ExportPlanner planner = new ExportPlanner(folder, config, device);
    ExportPlan plan = planner.plan(asked);
    if (plan.edits().isEmpty() && plan.files().isEmpty()) {
      new ModelFolderWriter(folder, storage, path).write(Set.of(), name -> null, device);
    } else {
      new EditedFolderWriter(folder, storage, path).write(plan.edits(), plan.files(), device);
    }
    if (plan.route() == Route.ZEROS && planner.singleWeightsAreGone()) {
      MaskFile.write(folder, config, storage, path, device);
    }
    return new Exported(plan.route(), plan.widths());
  }
}
