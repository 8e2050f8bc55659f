package org.llmsurgeon.export.plan;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.folder.TensorEdit;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.survey.BlockSurvey;
import org.llmsurgeon.export.survey.NetworkTensors;
import org.llmsurgeon.export.survey.Survey;
import org.llmsurgeon.export.survey.ZeroLines;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.NormPlace;

/**
 * Chooses the form in which a model with zeros is written. All forms compute the same. They come in
 * the order of how many programs load them: uniform, nemotron-nas, per-layer, indexed; the first
 * whose tensors have at most {@value #SLACK} times the bytes of the smallest form is chosen. Where
 * hardly a line is gone as a whole, or many single weights besides, the zeros stay.
 */
public final class ExportPlanner {
  /** What a form that loads more widely may cost, in bytes. */
  static final double SLACK = 1.02;

  /** Share of zeros in the smallest form above which what is gone is single weights. */
  private static final double ZEROS = 0.1;

  private static final List<Route> FORMS =
      List.of(Route.UNIFORM, Route.NEMOTRON_NAS, Route.PER_LAYER, Route.INDEXED);

  private final ModelFolder folder;
  private final ModelConfig config;
  private final List<BlockSurvey> blocks;
  private final TensorEdits edits;
  private final ConfigFiles files;
  private final NetworkTensors tensors;

  /** Looks at the weights of a model once. */
  public ExportPlanner(ModelFolder folder, ModelConfig config, Device device) {
    this.folder = folder;
    this.config = config;
    this.blocks = Survey.of(folder, config, device);
    blocks.forEach(this::requireExperts);
    this.edits = new TensorEdits(folder, config, device);
    this.files = new ConfigFiles(folder, config);
    this.tensors = new NetworkTensors(folder, config);
  }

  /**
   * The plan of a route.
   *
   * @param asked a route that the architecture has
   * @throws InputException where blocks are of other sizes already than the route can say
   */
  public ExportPlan plan(Route asked) {
    return asked == Route.AUTO ? choose() : of(asked).orElseThrow(() -> tooNarrow(asked));
  }

  /** Throws where a token could not go through as many experts as it must. */
  private void requireExperts(BlockSurvey block) {
    int left = block.expertsLeft().length;
    if (left < block.experts().size() && left < config.experts().perToken()) {
      throw new InputException(
          "%s keeps %d experts in block %d, and each token goes through %d; leave more."
              .formatted(folder.path(), left, block.block(), config.experts().perToken()));
    }
  }

  /** Whether experts are gone with their rows of the router, which zeros cannot say. */
  public boolean expertsAreGone() {
    return blocks.stream().anyMatch(each -> each.expertsLeft().length < each.experts().size());
  }

  private InputException tooNarrow(Route asked) {
    return new InputException(
        "%s has blocks of different sizes, which the form %s cannot say; choose the form %s."
            .formatted(folder.path(), asked.optionName(), Route.PER_LAYER.optionName()));
  }

  private ExportPlan choose() {
    Map<Route, ExportPlan> plans = new EnumMap<>(Route.class);
    for (Route route : FORMS) {
      if (WrittenForms.has(route, config)) {
        of(route).ifPresent(plan -> plans.put(route, plan));
      }
    }
    long smallest =
        plans.values().stream().mapToLong(ExportPlan::bytes).min().orElse(edits.bytes(Map.of()));
    if (smallest == edits.bytes(Map.of()) || singleWeightsAreGone() && !expertsAreGone()) {
      return zeros();
    }
    return FORMS.stream()
        .filter(plans::containsKey)
        .map(plans::get)
        .filter(plan -> plan.bytes() <= SLACK * smallest)
        .findFirst()
        .orElseThrow();
  }

  /** Whether many weights are zero in rows and columns that are not. */
  public boolean singleWeightsAreGone() {
    return zerosLeft() > ZEROS;
  }

  /** Share of zeros among the weights whose row and column are not zero. */
  private double zerosLeft() {
    long weights = 0;
    long notZero = 0;
    for (BlockSurvey block : blocks) {
      for (BlockSurvey.Matrix matrix : block.all()) {
        ZeroLines lines = matrix.lines();
        weights += (long) lines.rows().cardinality() * lines.columns().cardinality();
        notZero += lines.elements();
      }
    }
    return weights == 0 ? 0 : 1 - notZero / (double) weights;
  }

  private Optional<ExportPlan> of(Route route) {
    return switch (route) {
      case UNIFORM ->
          Widths.uniform(blocks, config.hidden(), ConfigNames.of(config).headsAsTheyWere())
              .map(this::uniform);
      case PER_LAYER -> Optional.of(perLayer());
      case NEMOTRON_NAS -> Widths.nemotron(blocks, config.hidden()).map(this::nemotron);
      case INDEXED -> Optional.of(indexed());
      case ZEROS, AUTO -> Optional.of(zeros());
    };
  }

  private ExportPlan zeros() {
    if (expertsAreGone()) {
      throw new InputException(
          "%s has experts that are gone with their rows of the router, which the form zeros cannot say; choose the form auto or per-layer."
              .formatted(folder.path()));
    }
    return plan(Route.ZEROS, Widths.unchanged(blocks), Map.of(), files.unchanged());
  }

  private ExportPlan uniform(List<BlockWidth> widths) {
    return plan(
        Route.UNIFORM, widths, edits.of(blocks, widths, false).edits(), files.uniform(widths));
  }

  private ExportPlan perLayer() {
    List<BlockWidth> widths = Widths.perBlock(blocks, ConfigNames.of(config).encoder());
    return plan(
        Route.PER_LAYER,
        widths,
        withoutNorms(edits.of(blocks, widths, false).edits(), widths),
        files.perLayer(widths, Map.of(), Map.of()));
  }

  private ExportPlan nemotron(List<BlockWidth> widths) {
    Map<String, TensorEdit> cut = withoutNorms(edits.of(blocks, widths, false).edits(), widths);
    for (int block = 0; block < widths.size(); block++) {
      if (widths.get(block).heads() == 0) {
        dropNorm(block, NormPlace.BEFORE_ATTENTION, cut);
      }
      if (widths.get(block).neurons() == 0) {
        dropNorm(block, NormPlace.BEFORE_FEED_FORWARD, cut);
      }
    }
    return plan(Route.NEMOTRON_NAS, widths, cut, files.nemotron(widths));
  }

  /** Drops the norms that are inside of attentions that are left out. */
  private Map<String, TensorEdit> withoutNorms(
      Map<String, TensorEdit> cut, List<BlockWidth> widths) {
    for (int block = 0; block < widths.size(); block++) {
      if (widths.get(block).heads() == 0) {
        dropNorm(block, NormPlace.QUERY, cut);
        dropNorm(block, NormPlace.KEY, cut);
      }
    }
    return cut;
  }

  private void dropNorm(int block, NormPlace place, Map<String, TensorEdit> cut) {
    String name = config.names().norms().get(place);
    String norm = tensors.stored(config.blockName(block) + "." + name + ".weight");
    if (name != null && folder.contains(norm)) {
      cut.put(norm, new TensorEdit.Dropped());
    }
  }

  private ExportPlan indexed() {
    List<BlockWidth> widths = Widths.perBlock(blocks, ConfigNames.of(config).encoder());
    TensorEdits.Edits cut = edits.of(blocks, widths, true);
    return plan(
        Route.INDEXED,
        widths,
        withoutNorms(cut.edits(), widths),
        files.perLayer(widths, cut.edits(), cut.shapes()));
  }

  private ExportPlan plan(
      Route route,
      List<BlockWidth> widths,
      Map<String, TensorEdit> changes,
      SortedMap<String, byte[]> written) {
    return new ExportPlan(route, widths, changes, written, edits.bytes(changes));
  }
}
