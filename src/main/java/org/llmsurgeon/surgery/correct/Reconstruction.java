package org.llmsurgeon.surgery.correct;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.recipe.LayerRule;

/**
 * Refits the layers of a pruned model to the dense one, input group by input group in the order in
 * which data goes through them: each on what it reads when all before it are refitted. A block's
 * refits are kept only if the loss falls on the calibration windows that are held out from them
 * ({@link HeldOutWindows}), so the model is never worse on these than before. Layers that may not
 * be touched stay as they are.
 */
public final class Reconstruction {
  private Reconstruction() {}

  /**
   * Does the work, in this process or on many machines.
   *
   * @param <S> a state of the weights
   * @param <M> moments of a group
   */
  public interface Work<S, M> {
    /**
     * Looks at what the layers of a group read.
     *
     * @param state the weights; of blocks before the group's those that go on
     * @param group its position among {@link PairedMoments#groups}
     * @return valid until the next group
     */
    M moments(S state, int group);

    /**
     * Mean of the losses of the windows that are held out.
     *
     * @param state the weights
     * @return nats per token
     */
    double loss(S state);

    /**
     * Refits the layers of a group.
     *
     * @param state the weights
     * @param group its position
     * @param moments what its layers read
     * @return the weights with this group refitted
     */
    S refit(S state, int group, M moments);

    /**
     * Told at the end of a block which of two states goes on.
     *
     * @param kept goes on
     * @param dropped is not needed any more
     */
    void decided(S kept, S dropped);

    /**
     * Told at the end of a block, after {@link #decided}, how far it is.
     *
     * @param progress enough to go on after a stop
     */
    default void reached(Progress<S> progress) {}
  }

  /**
   * How far it is, at the end of a block.
   *
   * @param state the weights
   * @param next groups that are done: of those that may be touched
   * @param soFar blocks that are done, those of them whose refit is kept, and the losses
   * @param <S> a state of the weights
   */
  public record Progress<S>(S state, int next, Result soFar) {}

  /**
   * What was done.
   *
   * @param blocks blocks with a layer that may be touched
   * @param kept blocks whose refit is kept
   * @param lossBefore of the windows that are held out, nats per token
   * @param lossAfter of the windows that are held out, nats per token
   */
  public record Result(int blocks, int kept, double lossBefore, double lossAfter) {
    /** With a block more, whose refit is kept if it is better. */
    private Result and(boolean better, double loss) {
      return new Result(
          blocks + 1, better ? kept + 1 : kept, lossBefore, better ? loss : lossAfter);
    }
  }

  /**
   * The weights after, and how it went.
   *
   * @param state the weights
   * @param result how it went
   * @param <S> a state of the weights
   */
  public record Outcome<S>(S state, Result result) {}

  /**
   * Mean of the losses of all windows.
   *
   * @param shards losses of each window, shard by shard in order
   */
  public static double meanLoss(List<double[]> shards) {
    return shards.stream().flatMapToDouble(DoubleStream::of).average().orElseThrow();
  }

  /**
   * Goes through all groups that have a layer which may be touched.
   *
   * @param state the pruned weights
   * @param config the model
   * @param rule which layers may be touched
   * @param work does the work
   */
  public static <S, M> Outcome<S> run(
      S state, ModelConfig config, LayerRule rule, Work<S, M> work) {
    double loss = work.loss(state);
    return resume(new Progress<>(state, 0, new Result(0, 0, loss, loss)), config, rule, work);
  }

  /**
   * Goes on after a stop, with the result of a run that was not stopped.
   *
   * @param progress how far it was
   * @param config the model
   * @param rule which layers may be touched
   * @param work does the work
   */
  public static <S, M> Outcome<S> resume(
      Progress<S> progress, ModelConfig config, LayerRule rule, Work<S, M> work) {
    List<LinearShape> groups = PairedMoments.groups(config);
    int[] order = touched(groups, config, rule);
    S kept = progress.state();
    Result soFar = progress.soFar();
    for (int at = progress.next(); order[at] < groups.size(); ) {
      int block = groups.get(order[at]).block();
      S candidate = kept;
      for (; order[at] < groups.size() && groups.get(order[at]).block() == block; at++) {
        candidate = work.refit(candidate, order[at], work.moments(candidate, order[at]));
      }
      double loss = work.loss(candidate);
      boolean better = loss < soFar.lossAfter();
      work.decided(better ? candidate : kept, better ? kept : candidate);
      kept = better ? candidate : kept;
      soFar = soFar.and(better, loss);
      work.reached(new Progress<>(kept, at, soFar));
    }
    return new Outcome<>(kept, soFar);
  }

  /**
   * How many blocks have a layer that may be touched.
   *
   * @param config the model
   * @param rule which layers may be touched
   */
  public static int blocks(ModelConfig config, LayerRule rule) {
    return (int)
        config.linears().stream()
            .filter(rule::touches)
            .mapToInt(LinearShape::block)
            .distinct()
            .count();
  }

  /** Positions of the groups that have a layer which may be touched, then the number of all. */
  private static int[] touched(List<LinearShape> groups, ModelConfig config, LayerRule rule) {
    Set<String> touched =
        config.linears().stream()
            .filter(rule::touches)
            .map(LinearShape::inputGroup)
            .collect(Collectors.toSet());
    return IntStream.rangeClosed(0, groups.size())
        .filter(i -> i == groups.size() || touched.contains(groups.get(i).name()))
        .toArray();
  }
}
