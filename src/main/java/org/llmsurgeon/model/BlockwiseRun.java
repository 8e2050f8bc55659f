package org.llmsurgeon.model;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.head.WayOut;
import org.llmsurgeon.model.layer.Block;
import org.llmsurgeon.model.pass.BatchTargets;
import org.llmsurgeon.model.pass.BlockTap;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Targets;
import org.llmsurgeon.model.pass.Workspace;

/**
 * Forward and backward of several batches, blocks outside and batches inside. What each block reads
 * is kept, see {@link Boundaries}; what happens inside a block is kept while there is room for it
 * beside, and computed again in the backward otherwise: by the same calls on the same values, so
 * with the same bits as {@link Backpropagation}, which takes one batch after the other.
 *
 * <p>So does this where that keeps more: one batch's insides take less memory than all batches',
 * but what a tap gathers must then stay for all blocks until the last batch.
 */
final class BlockwiseRun implements AutoCloseable {
  private final Network network;
  private final List<Pass> passes;
  private final MemoryLimits limits;
  private final BlockTap tap;
  private final int blocks;
  private final Boundaries boundaries;
  private final Block.Trace[][] traces;
  private long roomForTraces;

  /**
   * @param passes the batches, at least one
   * @param tap told when a block is done
   */
  BlockwiseRun(Network network, List<Pass> passes, MemoryLimits limits, BlockTap tap) {
    this.network = network;
    this.passes = passes;
    this.limits = limits;
    this.tap = tap;
    this.blocks = network.blocks().size();
    this.boundaries = new Boundaries(passes.get(0), blocks, passes.size(), limits);
    this.traces = new Block.Trace[blocks][passes.size()];
    this.roomForTraces = limits.keepBytes() - boundaryBytes();
  }

  private long boundaryBytes() {
    return (blocks + 1L) * passes.stream().mapToLong(this::boundaryBytes).sum();
  }

  /** What a block reads of a batch. */
  private long boundaryBytes(Pass pass) {
    return (long) pass.tokens() * network.hidden() * pass.precision().bytes();
  }

  /** What is kept of a block. */
  private long traceBytes(int block, int batch) {
    Block.Trace trace = traces[block][batch];
    return trace == null ? 0 : trace.kept().bytes();
  }

  /**
   * Losses; the tap sees inputs.
   *
   * @return each window's, in nats
   */
  double[] forward() {
    embed();
    for (int block = 0; block < blocks; block++) {
      for (int batch = 0; batch < passes.size(); batch++) {
        try (Tensor in = take(block, batch)) {
          forward(passes.get(batch), block, batch, in).close();
        }
      }
      done(block);
    }
    return losses();
  }

  /** What the tap has gathered of a block is handed on only where all of it was finite. */
  private void done(int block) {
    passes.get(0).settle();
    tap.blockDone(block);
  }

  private double[] losses() {
    double[][] means = new double[passes.size()][];
    for (int batch = 0; batch < means.length; batch++) {
      Pass pass = passes.get(batch);
      try (Tensor out = take(blocks, batch);
          Workspace work = pass.workspace()) {
        Tensor losses = work.perRow(pass.tokens());
        network.head().losses(pass, out, limits.logitBytes(), losses);
        NonFiniteLoss.check(pass, losses);
        means[batch] = means(batch, losses);
      }
    }
    return all(means);
  }

  /**
   * Losses; the tap sees inputs and output gradients.
   *
   * @param targets whose losses these are; a backward for each draw
   * @return each window's loss of the text, in nats
   * @throws NonFiniteException where a loss or a gradient is not finite
   */
  double[] calibrate(Targets targets) {
    embed();
    forwardSilently(0, 0);
    try (Workspace work = passes.get(0).workspace()) {
      return hasRoomForAllBlocks() ? batchByBatch(targets) : blockByBlock(targets, work);
    }
  }

  /** Whether a batch can be kept whole beside what the tap gathers of all blocks. */
  private boolean hasRoomForAllBlocks() {
    long trace = traceBytes(0, 0);
    long batch = blocks * (boundaryBytes(passes.get(0)) + trace);
    return trace > 0 && tap.bytesOfAllBlocks() < limits.keepBytes() - batch;
  }

  private double[] batchByBatch(Targets targets) {
    double[][] means = new double[passes.size()][];
    roomForTraces = limits.keepBytes() - tap.bytesOfAllBlocks() - traceBytes(0, 0);
    for (int batch = 0; batch < means.length; batch++) {
      roomForTraces -= blocks * boundaryBytes(passes.get(batch));
      for (int block = batch == 0 ? 1 : 0; block < blocks; block++) {
        forwardSilently(block, batch);
      }
      try (Workspace own = passes.get(batch).workspace()) {
        Tensor[] gradients = new Tensor[targets.draws()];
        Tensor losses = lossesAndGradients(batch, targets, gradients, own);
        for (int block = blocks - 1; block >= 0; block--) {
          backward(block, batch, gradients);
          if (batch == means.length - 1) {
            done(block);
          }
        }
        means[batch] = means(batch, losses);
      }
      roomForTraces += blocks * boundaryBytes(passes.get(batch));
    }
    return all(means);
  }

  private double[] blockByBlock(Targets targets, Workspace work) {
    for (int block = 0; block < blocks; block++) {
      for (int batch = block == 0 ? 1 : 0; batch < passes.size(); batch++) {
        forwardSilently(block, batch);
      }
    }
    Tensor[] losses = new Tensor[passes.size()];
    Tensor[][] gradients = new Tensor[passes.size()][targets.draws()];
    for (int batch = 0; batch < losses.length; batch++) {
      losses[batch] = lossesAndGradients(batch, targets, gradients[batch], work);
    }
    for (int block = blocks - 1; block >= 0; block--) {
      for (int batch = 0; batch < gradients.length; batch++) {
        backward(block, batch, gradients[batch]);
      }
      done(block);
    }
    double[][] means = new double[losses.length][];
    Arrays.setAll(means, batch -> means(batch, losses[batch]));
    return all(means);
  }

  /** Runs a block without a look, and keeps what there is room for. */
  private void forwardSilently(int block, int batch) {
    Tensor in = take(block, batch);
    Block.Trace trace = forward(passes.get(batch).silent(), block, batch, in);
    boundaries.put(block, batch, in);
    keep(trace, block, batch);
  }

  private void embed() {
    for (int batch = 0; batch < passes.size(); batch++) {
      Pass pass = passes.get(batch);
      Tensor in = pass.device().empty(pass.precision(), pass.tokens(), network.hidden());
      network.embedding().forward(pass, in);
      boundaries.put(0, batch, in);
    }
  }

  private Tensor take(int boundary, int batch) {
    return boundaries.take(boundary, batch, passes.get(batch).tokens(), network.hidden());
  }

  /** Runs a block, and keeps what it wrote. */
  private Block.Trace forward(Pass how, int block, int batch, Tensor in) {
    Workspace kept = how.workspace();
    Tensor out = how.device().empty(how.precision(), how.tokens(), network.hidden());
    try {
      Block.Trace trace = network.blocks().get(block).forward(how, in, out, kept);
      boundaries.put(block + 1, batch, out);
      return trace;
    } catch (RuntimeException failure) {
      kept.close();
      out.close();
      throw failure;
    }
  }

  private void keep(Block.Trace trace, int block, int batch) {
    long bytes = trace.kept().bytes();
    if (bytes <= roomForTraces) {
      roomForTraces -= bytes;
      traces[block][batch] = trace;
    } else {
      trace.close();
    }
  }

  /** Gradients of each draw, and the losses, all of them in the workspace. */
  private Tensor lossesAndGradients(
      int batch, Targets targets, Tensor[] gradients, Workspace work) {
    Pass pass = passes.get(batch);
    double[] weights = pass.batch().meanWeights(1);
    Tensor losses = work.perRow(pass.tokens());
    try (Tensor out = take(blocks, batch)) {
      for (int draw = 0; draw < gradients.length; draw++) {
        gradients[draw] = work.empty(pass.tokens(), network.hidden());
        WayOut.Goals goals = new WayOut.Goals(weights, BatchTargets.of(pass, targets, draw));
        WayOut.Results results = new WayOut.Results(losses, gradients[draw]);
        network.head().lossesAndGradient(pass, out, limits.logitBytes(), goals, results);
        NonFiniteLoss.check(pass, losses);
      }
    }
    return losses;
  }

  private double[] means(int batch, Tensor losses) {
    Pass pass = passes.get(batch);
    return pass.batch().means(pass.device().values(losses));
  }

  private void backward(int block, int batch, Tensor[] gradients) {
    try (Tensor in = take(block, batch);
        Block.Trace trace = shown(block, batch, in)) {
      roomForTraces += traceBytes(block, batch);
      traces[block][batch] = null;
      for (Tensor gradient : gradients) {
        trace.backward(passes.get(batch), gradient, block > 0);
      }
    }
  }

  /** A block's trace, after the tap has seen what its layers read. */
  private Block.Trace shown(int block, int batch, Tensor in) {
    Pass pass = passes.get(batch);
    Block.Trace kept = traces[block][batch];
    if (kept != null) {
      kept.showInputs(pass);
      return kept;
    }
    Workspace work = pass.workspace();
    try (Tensor again = pass.device().empty(pass.precision(), in.rows(), in.columns())) {
      return network.blocks().get(block).forward(pass, in, again, work);
    } catch (RuntimeException failure) {
      work.close();
      throw failure;
    }
  }

  private static double[] all(double[][] parts) {
    return Arrays.stream(parts).flatMapToDouble(DoubleStream::of).toArray();
  }

  @Override
  public void close() {
    for (Block.Trace[] each : traces) {
      for (Block.Trace trace : each) {
        if (trace != null) {
          trace.close();
        }
      }
    }
    boundaries.close();
  }
}
