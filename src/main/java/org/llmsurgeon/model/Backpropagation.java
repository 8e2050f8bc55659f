package org.llmsurgeon.model;

import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;

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
   * @return each window's mean loss, in nats
   * @throws NonFiniteException where a loss or a gradient is not finite
   */
  double[] run(double[] weights) {
    forward();
    Tensor gradient = work.empty(pass.tokens(), network.hidden());
    double[] losses =
        network
            .head()
            .lossesAndGradient(pass, inputs[traces.length], limits.logitBytes(), weights, gradient);
    double[] means = pass.batch().means(losses);
    for (double mean : means) {
      if (!Double.isFinite(mean)) {
        throw network.explainNonFinite(pass, limits);
      }
    }
    backward(gradient);
    return means;
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

  private void backward(Tensor gradient) {
    for (int block = traces.length - 1; block >= 0; block--) {
      if (traces[block] == null) {
        // The block's output is not needed any more: its memory takes the second result.
        traces[block] = forward(block, pass.silent(), inputs[block + 1]);
      }
      boolean needed = block > 0 || pass.wantsParameterGradients();
      traces[block].backward(pass, gradient, needed);
      traces[block].close();
      traces[block] = null;
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
