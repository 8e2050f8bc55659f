package org.llmsurgeon.surgery.recover;

import java.util.List;
import org.llmsurgeon.surgery.recipe.RecoveryRule;

/**
 * Trains all weights that are left, step after step, wherever gradients come from and weights are
 * kept. Held-out windows are looked at before the first step and some twenty times on the way: the
 * weights of the best look are the result, so a recovery never leaves the model worse on them, and
 * it ends where looks have stopped getting better.
 */
public final class Recovery {
  private static final int LOOKS = 20;

  /** Looks in a row that are no better before it ends. */
  private static final int PATIENCE = 4;

  private Recovery() {}

  /**
   * Does the work, in this process or on many machines.
   *
   * @param <S> a state: weights, and what the optimiser keeps of its steps
   */
  public interface Work<S> {
    /**
     * Looks at the held-out windows.
     *
     * @param state the weights
     * @return mean loss, nats per token
     */
    double look(S state);

    /**
     * A step.
     *
     * @param state before it; must still be there after it
     * @param step which step, and how far
     */
    Stepped<S> step(S state, Step step);

    /**
     * Told after each step how far it is; states that it does not name are not needed any more.
     *
     * @param progress enough to go on after a stop
     */
    default void reached(Progress<S> progress) {}
  }

  /**
   * A step of the optimiser.
   *
   * @param number from 1
   * @param rate learning rate, as a share of the size of a layer's weights
   * @param parts windows of each part, whose gradients are summed in this order
   */
  public record Step(int number, double rate, List<int[]> parts) {
    /** Copies the list. */
    public Step {
      parts = List.copyOf(parts);
    }

    /** Windows of all parts. */
    public int windows() {
      return parts.stream().mapToInt(part -> part.length).sum();
    }
  }

  /**
   * What a step gave.
   *
   * @param state after it
   * @param loss mean loss of its windows before it, nats per token
   * @param <S> a state
   */
  public record Stepped<S>(S state, double loss) {}

  /**
   * How far it is.
   *
   * @param state the last
   * @param best that of the best look
   * @param soFar what was done
   * @param misses looks since the best one
   * @param <S> a state
   */
  public record Progress<S>(S state, S best, Result soFar, int misses) {
    private Progress<S> after(Stepped<S> next) {
      double first = soFar.steps() == 0 ? next.loss() : soFar.firstLoss();
      Result done =
          new Result(
              soFar.steps() + 1,
              soFar.bestStep(),
              soFar.heldOutBefore(),
              soFar.heldOutAfter(),
              first,
              next.loss());
      return new Progress<>(next.state(), best, done, misses);
    }

    private Progress<S> looked(double loss) {
      if (!(loss < soFar.heldOutAfter())) {
        return new Progress<>(state, best, soFar, misses + 1);
      }
      Result better =
          new Result(
              soFar.steps(),
              soFar.steps(),
              soFar.heldOutBefore(),
              loss,
              soFar.firstLoss(),
              soFar.lastLoss());
      return new Progress<>(state, state, better, 0);
    }
  }

  /**
   * What was done.
   *
   * @param steps of the optimiser
   * @param bestStep after which held-out windows were best; 0 where no step helped
   * @param heldOutBefore their mean loss before the first step, nats per token
   * @param heldOutAfter their mean loss after the best step, nats per token
   * @param firstLoss mean loss of the first step's windows before it, nats per token
   * @param lastLoss mean loss of the last step's windows before it, nats per token
   */
  public record Result(
      int steps,
      int bestStep,
      double heldOutBefore,
      double heldOutAfter,
      double firstLoss,
      double lastLoss) {}

  /**
   * How often held-out windows are looked at, the look before the first step counted.
   *
   * @param steps all steps
   */
  public static int looks(int steps) {
    return 1 + (steps + every(steps) - 1) / every(steps);
  }

  private static int every(int steps) {
    return (steps + LOOKS - 1) / LOOKS;
  }

  /**
   * Where a recovery begins.
   *
   * @param state the weights as they were cut
   * @param work does the work
   */
  public static <S> Progress<S> start(S state, Work<S> work) {
    double loss = work.look(state);
    return new Progress<>(state, state, new Result(0, 0, loss, loss, Double.NaN, Double.NaN), 0);
  }

  /**
   * Does the steps that are left: with the result of a recovery that was not stopped.
   *
   * @param from how far it is
   * @param rule how to train
   * @param plan what each step reads
   * @param work does the work
   * @return how far it came
   */
  public static <S> Progress<S> run(
      Progress<S> from, RecoveryRule rule, RecoveryPlan plan, Work<S> work) {
    int steps = plan.steps().size();
    CosineSchedule schedule = CosineSchedule.of(rule.rate(), steps);
    int every = every(steps);
    Progress<S> progress = from;
    for (int step = progress.soFar().steps() + 1; step <= steps; step++) {
      if (progress.misses() >= PATIENCE) {
        return progress;
      }
      Step next = new Step(step, schedule.at(step), plan.steps().get(step - 1));
      progress = progress.after(work.step(progress.state(), next));
      if (step % every == 0 || step == steps) {
        progress = progress.looked(work.look(progress.state()));
      }
      work.reached(progress);
    }
    return progress;
  }
}
