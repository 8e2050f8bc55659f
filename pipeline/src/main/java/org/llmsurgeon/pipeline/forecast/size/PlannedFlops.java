package org.llmsurgeon.pipeline.forecast.size;

import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorKind;
import org.llmsurgeon.surgery.calibrate.FactorPass;
import org.llmsurgeon.surgery.catalog.CorrectionKind;
import org.llmsurgeon.surgery.correct.LayerRefit;
import org.llmsurgeon.surgery.recipe.CorrectionRule;

/**
 * Floating-point operations of the products, inverses and attentions of a run; a product of {@code
 * [m, k]} and {@code [k, n]} is {@code 2 m n k}. Norms, activations and the like are left out; how
 * many numbers they go over is told apart, because of a small model that is most of the time.
 */
public final class PlannedFlops {
  /** A causal attention backward has five products where its forward has two. */
  private static final double ATTENTION_BACKWARD = 2.5;

  /** What a backward pass goes over, in units of a forward pass. */
  private static final double BACKWARD_NUMBERS = 2.5;

  /** Numbers of the width of the residual stream that a block goes over: norms, rotations, sums. */
  private static final int STREAM_PASSES = 12;

  /** Numbers of the width of an MLP that a block goes over. */
  private static final int MLP_PASSES = 4;

  /** An elimination path costs as much as so many pairs of products with the weight; measured. */
  private static final double PATH_PRODUCTS = 2;

  /** Eigenvectors of a symmetric matrix, in units of its size cubed. */
  private static final double EIGEN_PRODUCTS = 9;

  /** Conjugate gradients are supposed to end after so many steps; measured. */
  private static final double STEPS = 20;

  private final ModelConfig config;

  /** Operations of a network. */
  public PlannedFlops(ModelConfig config) {
    this.config = config;
  }

  /** Products of a forward pass, attention left out, per token. */
  double products() {
    double linears =
        config.linears().stream()
            .mapToDouble(each -> 2.0 * share(each) * each.outputs() * each.inputs())
            .sum();
    return linears + head();
  }

  /** The products of the head, and of a layer before it. */
  private double head() {
    if (config.objective().output() == Objective.Output.VECTOR) {
      return 0;
    }
    int transform = config.ends().head().transform() == null ? 0 : config.hidden();
    int heads = config.ends().head().second() == null ? 1 : 2;
    return 2.0 * config.hidden() * (heads * config.ends().outputs() + transform);
  }

  /** Share of the tokens that go through a layer. */
  private double share(LinearShape layer) {
    int experts = config.blocks().get(layer.block()).experts().size();
    return layer.ofExpert() ? ofExperts(experts) : 1;
  }

  /** Attention of a forward pass, per token of a window. */
  public double attention(int context) {
    return 4 * pairs(context) * queryHeads() * config.headDimension();
  }

  /** Tokens that a token of a window sees, on average. */
  private double pairs(int context) {
    return config.attention().causal() ? (context + 1) / 2.0 : context;
  }

  /** Neurons that a token goes through: all of a plain feed-forward's, and those of its experts. */
  private double neurons(BlockSize block) {
    int experts = block.experts().size();
    double all = block.experts().stream().mapToDouble(Integer::doubleValue).sum();
    return block.width() + (experts == 0 ? 0 : all * ofExperts(experts));
  }

  /** Share of a mixture's experts that a token goes to. */
  private double ofExperts(int experts) {
    return Math.min(1, (double) config.experts().perToken() / experts);
  }

  /** Numbers that a forward pass goes over, per token. */
  public double numbers(int context) {
    double blocks =
        queryHeads() * pairs(context)
            + MLP_PASSES * config.blocks().stream().mapToDouble(this::neurons).sum()
            + (double) STREAM_PASSES * config.hidden() * config.blockCount();
    return blocks + config.ends().outputs();
  }

  /** Query heads of all blocks together. */
  private double queryHeads() {
    return config.blocks().stream().mapToDouble(BlockSize::queryHeads).sum();
  }

  /**
   * Numbers that forward and backward passes go over, per token.
   *
   * @param context tokens of a window
   * @param backwards backward passes after each forward pass
   */
  public double numbers(int context, int backwards) {
    return numbers(context) * (1 + BACKWARD_NUMBERS * backwards);
  }

  /** The blocks of a forward pass, per token. */
  public double blocks(int context) {
    return forward(context) - head();
  }

  /** A forward pass, per token. */
  public double forward(int context) {
    return products() + attention(context);
  }

  /**
   * A pass over the data, per token, without the sums.
   *
   * @param pass which one
   * @param context tokens of a window
   * @param draws backward passes, if it has any
   */
  public double pass(FactorPass pass, int context, int draws) {
    // Gradients of activations only: as many products again.
    double backward = products() + ATTENTION_BACKWARD * attention(context);
    return forward(context) + (pass.backward() ? draws * backward : 0);
  }

  /**
   * The sums of factors, and of the weights of tokens, per token.
   *
   * @param pass which one
   * @param draws backward passes, if it has any
   */
  public double sums(FactorPass pass, int draws) {
    double sums = 0;
    for (FactorKey key : pass.keys(config)) {
      int times = pass.weighted() || key.kind() != FactorKind.A ? draws : 1;
      sums += 2.0 * times * key.packedSize();
    }
    if (pass.gathers() == FactorPass.Gathers.EIGENVALUES) {
      for (LinearShape layer : config.linears()) {
        sums += 2.0 * draws * (Math.pow(layer.outputs(), 2) + Math.pow(layer.augmentedInputs(), 2));
      }
    }
    if (pass.weighted()) {
      for (LinearShape layer : config.linears()) {
        sums += 2.0 * draws * Math.pow(pass.weighing(layer).size(), 2);
      }
    }
    return sums;
  }

  /** Costs of the rows and columns of a layer: two inverses, and two products with the weight. */
  public double score(LinearShape layer) {
    return inverses(layer) + products(layer);
  }

  /** A layer's part of the elimination path of its group. */
  public double path(LinearShape layer) {
    return inverses(layer) + PATH_PRODUCTS * products(layer);
  }

  /**
   * The cut of a layer: two inverses, the update, and the quadratic cost of the change.
   *
   * @param share share of the weights that is gone
   */
  public double cut(LinearShape layer, double share) {
    double line = 1 - Math.sqrt(1 - share);
    return inverses(layer) * (1 + line * line) + products(layer) * (1 + line);
  }

  /**
   * The cut of a layer of which units go: mostly rows or columns, which takes one inverse.
   *
   * @param layer the layer
   * @param share share of the weights that is gone
   */
  public double cutOfUnits(LinearShape layer, double share) {
    return cut(layer, share) - inverses(layer) / 2;
  }

  /**
   * The cut of single weights or N:M groups of a layer.
   *
   * @param layer the layer
   * @param update how the rest makes up for them
   * @param share share of the weights that is gone
   */
  public double cut(LinearShape layer, ElementUpdate update, double share) {
    double solves = 0;
    if (update instanceof ElementUpdate.Full full) {
      // Curvature and its inverse, applied to a matrix like the weight.
      solves = 2 * Math.min(STEPS, full.mostSteps()) * products(layer);
    } else if (update instanceof ElementUpdate.Grouped grouped) {
      double gone = share * layer.weights();
      double most = grouped.mostCorrelated();
      double ofRow = Math.max(1, gone / layer.outputs());
      // Rows that fit go whole, as many as fit; others are cut.
      double pieces = Math.ceil(ofRow / most);
      double size = Math.min(gone, ofRow / pieces * Math.max(1, Math.floor(most / ofRow)));
      // Each group's rows are spread over all columns by the inverse of A, and over all rows.
      double rows = layer.outputs() * pieces;
      double spread = layer.weights() + (double) layer.inputs() * layer.inputs();
      solves = gone * size * size / 3 + 2 * rows * spread;
    }
    return inverses(layer) + products(layer) + solves;
  }

  /**
   * A pass of a correction, per token: forward and backward, the dense model's forward where it is
   * asked, and the gradients of the adapters.
   *
   * @param rule what becomes smaller
   * @param context tokens of a window
   * @param sparse whether single weights are gone: then the weight's whole gradient is formed
   */
  public double correction(CorrectionRule rule, int context, boolean sparse) {
    double adapters = 0;
    for (LinearShape layer : config.linears()) {
      adapters +=
          sparse
              ? 2.0 * layer.outputs() * layer.inputs()
              : 4.0 * rule.rank() * (layer.outputs() + layer.inputs());
    }
    double backward = products() + ATTENTION_BACKWARD * attention(context);
    double teacher = rule.kind() == CorrectionKind.DISTILL ? forward(context) : 0;
    return forward(context) + backward + teacher + adapters;
  }

  /**
   * A pass of a recovery, per token: forward, backward with the gradients of all weights, and the
   * dense model's forward where it is asked.
   *
   * @param distills whether it is asked
   * @param context tokens of a window
   */
  public double recovery(boolean distills, int context) {
    double backward = 2 * products() + ATTENTION_BACKWARD * attention(context);
    return (distills ? 2 : 1) * forward(context) + backward;
  }

  /** What an input group reads in two models, summed, per token. */
  public double moments(LinearShape group) {
    double size = group.augmentedInputs();
    return 2 * (size * (size + 1) / 2 + size * size);
  }

  /**
   * The refit of a layer.
   *
   * @param layer the layer
   * @param patterns different sets of columns that its rows keep
   */
  public double refit(LinearShape layer, int patterns) {
    double in = layer.augmentedInputs();
    double out = layer.outputs();
    double solves = patterns + LayerRefit.tries(patterns);
    return solves * in * in * in / 3 + 24 * out * in * in;
  }

  /**
   * The eigenvectors and eigenvalues of both factors of a layer, those of {@code A} with the first
   * layer that reads it.
   */
  public double eigenvectors(LinearShape layer) {
    boolean first = layer.inputGroup().equals(layer.name());
    return EIGEN_PRODUCTS * (first ? inverses(layer) : Math.pow(layer.outputs(), 3));
  }

  /** Both inverses of a layer. */
  public double inverses(LinearShape layer) {
    return Math.pow(layer.outputs(), 3) + Math.pow(layer.augmentedInputs(), 3);
  }

  private static double products(LinearShape layer) {
    double weights = layer.weights();
    return 2 * weights * (layer.outputs() + layer.augmentedInputs());
  }
}
