package org.llmsurgeon.model;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.pass.Batch;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.Workspace;

/**
 * One window on its way through the blocks, forward only. It stops before any block and goes on
 * from there, here or in another process that is given what it had reached, with the bits of a run
 * that never stopped. Not for use by several threads.
 */
public final class WindowRun implements AutoCloseable {
  private final Network network;
  private final Supplier<RunGround> grounds;
  private final RunGround ground;
  private final Batch batch;
  private final MemoryLimits limits;
  private Tensor stream;
  private int block;

  /**
   * A window before its embedding.
   *
   * @param grounds a ground for each look at it
   * @param batch the window alone
   */
  WindowRun(Network network, Supplier<RunGround> grounds, Batch batch, MemoryLimits limits) {
    this.network = network;
    this.grounds = grounds;
    this.ground = grounds.get();
    this.batch = batch;
    this.limits = limits;
  }

  /**
   * Goes on from a place that another run had reached.
   *
   * @param from index of the block that is next
   * @param fill writes what that block reads, {@link #stream()} of the other run
   */
  public void resume(int from, Consumer<Tensor> fill) {
    Tensor read = empty(pass(null));
    try {
      fill.accept(read);
    } catch (RuntimeException failure) {
      read.close();
      throw failure;
    }
    replace(read);
    block = from;
  }

  /**
   * Goes on up to a block.
   *
   * @param next index of the first block that does not run; the number of blocks for the end
   * @param tap sees what linear layers read on the way; null for nobody
   * @throws NonFiniteException where an activation is not finite
   */
  public void to(int next, LinearTap tap) {
    Pass pass = pass(tap);
    enter(pass);
    for (; block < next; block++) {
      Tensor out = empty(pass);
      try (Workspace inner = pass.workspace()) {
        network.blocks().get(block).forward(pass, stream, out, inner);
      } catch (RuntimeException failure) {
        out.close();
        throw failure;
      }
      replace(out);
    }
    pass.settle();
  }

  /**
   * What the next block reads.
   *
   * @return {@code [tokens, hidden]}, owned by the run
   */
  public Tensor stream() {
    enter(pass(null));
    return stream;
  }

  /**
   * Goes on to the end.
   *
   * @return the window's loss, nats
   * @throws NonFiniteException naming the first place that is not finite
   */
  public double loss() {
    to(network.blocks().size(), null);
    Pass pass = pass(null);
    try (Workspace work = pass.workspace()) {
      Tensor losses = work.perRow(pass.tokens());
      network.head().losses(pass, stream, limits.logitBytes(), losses);
      NonFiniteLoss.check(pass, losses);
      pass.settle();
      return batch.means(pass.device().values(losses))[0];
    } catch (NonFiniteLoss loss) {
      try (RunGround again = grounds.get()) {
        throw network.explainNonFinite(again.pass(batch, null, null), limits);
      }
    }
  }

  private void enter(Pass pass) {
    if (stream == null) {
      stream = empty(pass);
      network.embedding().forward(pass, stream);
    }
  }

  private Pass pass(LinearTap tap) {
    return ground.pass(batch, tap, null);
  }

  private Tensor empty(Pass pass) {
    return pass.device().empty(pass.precision(), pass.tokens(), network.hidden());
  }

  private void replace(Tensor now) {
    if (stream != null) {
      stream.close();
    }
    stream = now;
  }

  @Override
  public void close() {
    replace(null);
    ground.close();
  }
}
