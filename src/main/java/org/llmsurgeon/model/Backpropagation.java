package org.llmsurgeon.model;

import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.head.WayOut;
import org.llmsurgeon.model.layer.Block;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Forward and backward of one batch. The input of every block is kept; what happens inside a block
 * is kept while a budget of bytes lasts, and computed again in the backward otherwise: by the same
 * calls on the same values, so with the same bits.
 */
final class Backpropagation implements AutoCloseable {
  private final Network network;
  private final Pass pass;
  private final MemoryLimits limits;
  private final Workspace work;
  private final Tensor[] inputs;
  private final Block.Trace[] traces;

  Backpropagation(Network network, Pass pass, MemoryLimits limits) {
    this.network = network;
    this.pass = pass;
    this.limits = limits;
    this.work = pass.workspace();
    this.inputs = new Tensor[network.blocks().size() + 1];
    this.traces = new Block.Trace[network.blocks().size()];
  }

  /**
   * Runs the batch.
   *
   * @param weights what each token's loss counts in the sum whose gradients are taken
   * @param targets whose losses these are; a backward for each draw
   * @return each window's mean loss of the text, in nats
   * @throws NonFiniteException where a loss or a gradient is not finite
   */
  double[] run(double[] weights, Targets targets) {
    forward();
    WayOut.Results results =
        new WayOut.Results(work.perRow(pass.tokens()), work.empty(pass.tokens(), network.hidden()));
    for (int draw = 0; draw < targets.draws(); draw++) {
      WayOut.Goals goals = new WayOut.Goals(weights, BatchTargets.of(pass, targets, draw));
      network
          .head()
          .lossesAndGradient(pass, inputs[traces.length], limits.logitBytes(), goals, results);
      NonFiniteLoss.check(pass, results.losses());
      backward(results.gradient(), draw == targets.draws() - 1);
    }
    // The first thing that the host waits for
    return pass.batch().means(pass.device().values(results.losses()));
  }

  private void forward() {
    inputs[0] = work.empty(pass.tokens(), network.hidden());
    network.embedding().forward(pass, inputs[0]);
    long left = limits.keepBytes();
    for (int block = 0; block < traces.length; block++) {
      inputs[block + 1] = work.empty(pass.tokens(), network.hidden());
      traces[block] = forward(block, pass, inputs[block + 1]);
      left -= traces[block].kept().bytes();
      if (left < 0) {
        traces[block].close();
        traces[block] = null;
        left = 0;
      }
    }
  }

  private Block.Trace forward(int block, Pass how, Tensor out) {
    Workspace kept = pass.workspace();
    try {
      return network.blocks().get(block).forward(how, inputs[block], out, kept);
    } catch (RuntimeException failure) {
      kept.close();
      throw failure;
    }
  }

  private void backward(Tensor gradient, boolean last) {
    for (int block = traces.length - 1; block >= 0; block--) {
      boolean again = traces[block] == null;
      if (again) {
        // The second result takes the memory of the first, to which it is equal.
        traces[block] = forward(block, pass.silent(), inputs[block + 1]);
      }
      boolean needed = block > 0 || pass.wantsParameterGradients();
      traces[block].backward(pass, gradient, needed);
      if (again || last) {
        traces[block].close();
        traces[block] = null;
      }
    }
    if (pass.wantsParameterGradients()) {
      network.embedding().backward(pass, gradient);
    }
  }

  @Override
  public void close() {
    for (Block.Trace trace : traces) {
      if (trace != null) {
        trace.close();
      }
    }
    work.close();
  }
}
