package org.llmsurgeon.pipeline.forecast.size;

import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.cluster.KeptMemory;

/**
 * Where a run is planned for, and how fast it is there.
 *
 * @param executors processes that do the tasks
 * @param cores cores, and so most tasks at a time, of each
 * @param memory bytes that each may take, its heap included
 * @param rates what one core and one disk do in a second
 * @param cards the cards of each
 */
public record Machines(int executors, int cores, long memory, Rates rates, Cards cards) {
  /** Checks the counts. */
  public Machines {
    if (executors < 1 || cores < 1 || memory < 1) {
      throw new InputException(
          "A plan needs at least one executor with a core and some memory; give --executors,"
              + " --cores and --memory above 0.");
    }
    if (cards.each() > cores) {
      throw new InputException(
          "A task on a card takes a core too, and an executor has "
              + cards.each()
              + " cards and "
              + cores
              + " cores; give --cores "
              + cards.each()
              + ".");
    }
  }

  /**
   * Machines without cards.
   *
   * @param executors as {@link #executors}
   * @param cores as {@link #cores}
   * @param memory as {@link #memory}
   * @param rates as {@link #rates}
   */
  public Machines(int executors, int cores, long memory, Rates rates) {
    this(executors, cores, memory, rates, Cards.NONE);
  }

  /**
   * The same with another memory.
   *
   * @param bytes of each
   */
  public Machines withMemory(long bytes) {
    return new Machines(executors, cores, bytes, rates, cards);
  }

  /**
   * Speeds.
   *
   * @param single products of matrices in single precision on one core, flops per second
   * @param inverse inverses in double precision on one core, flops per second
   * @param disk bytes per second that a task reads or writes
   */
  public record Rates(double single, double inverse, double disk) {
    /** Checks the speeds. */
    public Rates {
      if (!(single > 0 && inverse > 0 && disk > 0)) {
        throw new InputException(
            "A speed is not above 0; give --gflops, --gflops-double and --disk above 0.");
      }
    }
  }

  /**
   * The same with as many other cards.
   *
   * @param kind of card
   */
  public Machines withCard(Cards.Kind kind) {
    return new Machines(executors, cores, memory, rates, new Cards(cards.each(), kind));
  }

  /** Where tasks on processors find memory, in one process. */
  Ground ground() {
    return new Ground(memory, cores, KeptMemory.share(memory, cores), false);
  }

  /** Where a task on a card finds memory: it has the card alone. */
  Ground cardGround() {
    long all = cards.kind().memory();
    return new Ground(all, 1, KeptMemory.share(all, 1), true);
  }

  /**
   * Memory that tasks share.
   *
   * @param memory bytes of all of it
   * @param tasks most tasks at a time
   * @param keepBytes bytes that one task keeps between forward and backward, as {@link KeptMemory}
   *     has them
   * @param card whether it is a card's
   */
  record Ground(long memory, int tasks, long keepBytes, boolean card) {}
}
