package org.llmsurgeon.pruning.baseline;

/**
 * Published importance scores of neurons, heads and key/value groups, baselines for units. Each
 * gives every member of a coupled group, a neuron of an MLP or a query head, a score, in terms of
 * {@code W} the weights, {@code g} the gradient of the calibration loss with respect to them, and
 * {@code x} what the last layer reads. See {@link UnitScores} for how they are ordered.
 */
public enum UnitBaseline {
  /**
   * {@code sum w^2} over all weights that go with a member: the group norm of DepGraph (Fang et
   * al., CVPR 2023, arXiv 2301.12900), and what LLM-Pruner calls its L2 baseline.
   */
  MAGNITUDE(Needs.NOTHING),
  /**
   * {@code sum_j mean_r |W_rj| |x_j|} over the member's inputs {@code j} of the last layer: Wanda
   * (Sun et al., ICLR 2024, arXiv 2306.11695) of structures, as An et al. (AAAI 2024, arXiv
   * 2312.11983, github.com/CASIA-IVA-Lab/FLAP) define Wanda-sp; here on what the dense model reads.
   */
  WANDA(Needs.STATISTICS),
  /**
   * The L2 norm over windows of the mean over tokens of {@code |x|}, for a head of the norm of its
   * output: Minitron's width importance with the aggregation that its authors found best
   * (Muralidharan et al., NeurIPS 2024, arXiv 2407.14679).
   */
  MINITRON(Needs.STATISTICS),
  /**
   * {@code sum |w g|} over all weights that go with a member: LLM-Pruner's first-order Taylor, by
   * element (Ma et al., NeurIPS 2023, arXiv 2305.11627, github.com/horseee/LLM-Pruner); every block
   * may be pruned, where its authors leave out some by hand.
   */
  TAYLOR(Needs.GRADIENTS),
  /**
   * {@code var(x_j) sum_r W_rj^2}, how an input fluctuates: FLAP (An et al., AAAI 2024, arXiv
   * 2312.11983, github.com/CASIA-IVA-Lab/FLAP); of heads squared, as its authors' program does.
   * What goes is made up for by the bias of the last layer, {@code b += W_gone mean(x_gone)}.
   */
  FLAP(Needs.STATISTICS);

  /** What is gathered for a score beside the weights. */
  public enum Needs {
    /** Weights are enough. */
    NOTHING,
    /** Mean, square and activity of the last layer's inputs: a forward pass. */
    STATISTICS,
    /** Gradients of all weights: a forward and a backward pass. */
    GRADIENTS
  }

  private final Needs needs;

  UnitBaseline(Needs needs) {
    this.needs = needs;
  }

  /** What it looks at beside the weights. */
  public Needs needs() {
    return needs;
  }

  /** Whether the bias of the last layer makes up for what goes. */
  public boolean compensates() {
    return this == FLAP;
  }
}
