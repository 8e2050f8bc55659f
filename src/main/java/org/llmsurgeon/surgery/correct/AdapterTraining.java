package org.llmsurgeon.surgery.correct;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.llmsurgeon.compute.AdamStep;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.surgery.recipe.CorrectionRule;

/**
 * Trains the adapters of a shot: {@link Adam} with a rate that falls linearly, one step after the
 * other, wherever the gradients come from. Memory: seven numbers for each of the adapters.
 */
public final class AdapterTraining implements AutoCloseable {
  /** Steps after which the state is kept: it is as large as the gradients of three parts. */
  public static final int CHECKPOINT_STEPS = 8;

  private static final Result NOTHING = new Result(0, Double.NaN, Double.NaN);

  private final Device device;
  private final CorrectionRule rule;
  private final CorrectionPlan plan;
  private final AdapterTargets targets;
  private final Adapters adapters;
  private final Adapters gradients;
  private final Adapters sums;

  /** Where the gradients of a step come from. */
  @FunctionalInterface
  public interface Gradients {
    /**
     * Computes the gradients of a step's parts.
     *
     * @param step from 1
     * @param parts windows of each part
     * @param adapters as they are in this step
     * @param sum takes the gradients of the parts, in their order
     */
    void of(int step, List<int[]> parts, Adapters adapters, Consumer<AdaptedModel.Part> sum);
  }

  /** Where the state of a training is kept, so that one that was stopped can go on. */
  public interface Checkpoints {
    /**
     * Reads the last state that was kept.
     *
     * @param state tensors to write, in the order of {@link #keep}
     * @return what had been done then; empty where nothing was kept
     */
    Optional<Result> restore(List<Tensor> state);

    /**
     * Keeps a state in the place of the one before.
     *
     * @param done what was done so far
     * @param state tensors in single precision
     */
    void keep(Result done, List<Tensor> state);
  }

  /**
   * What a correction did.
   *
   * @param steps of the optimiser
   * @param firstLoss mean loss of the first step's windows, nats per token; NaN without steps
   * @param lastLoss mean loss of the last step's windows, nats per token; NaN without steps
   */
  public record Result(int steps, double firstLoss, double lastLoss) {}

  /**
   * Adapters before the first step, which change nothing.
   *
   * @param device where they live
   * @param targets which layers have adapters
   * @param rule how to train
   * @param plan what each step reads
   */
  public AdapterTraining(
      Device device, AdapterTargets targets, CorrectionRule rule, CorrectionPlan plan) {
    this.device = device;
    this.rule = rule;
    this.plan = plan;
    this.targets = targets;
    this.adapters = Adapters.initial(device, targets, plan.seed());
    this.gradients = targets.zeros(device, Precision.SINGLE);
    this.sums = targets.zeros(device, Precision.DOUBLE);
  }

  /** The adapters as they are now. */
  public Adapters adapters() {
    return adapters;
  }

  /**
   * Does all steps that were not done before the last checkpoint: with the result of a training
   * that was not stopped.
   *
   * @param source of the gradients
   * @param checkpoints where the state is kept every {@value #CHECKPOINT_STEPS} steps
   * @return what was done
   * @throws ArithmeticException naming the layer and the step, where gradients are not finite any
   *     more
   */
  public Result train(Gradients source, Checkpoints checkpoints) {
    int steps = plan.steps().size();
    if (steps == 0) {
      return NOTHING;
    }
    TrainerSchedule schedule = new TrainerSchedule(rule.rate(), 0, steps);
    try (Adapters first = targets.zeros(device, Precision.SINGLE);
        Adapters second = targets.zeros(device, Precision.SINGLE)) {
      List<Tensor> state =
          Stream.of(adapters, first, second).flatMap(each -> each.tensors().stream()).toList();
      Result done = checkpoints.restore(state).orElse(NOTHING);
      Adam adam = new Adam(device, parameters(first, second), AdamOptions.DEFAULT, done.steps());
      for (int step = done.steps() + 1; step <= steps; step++) {
        double loss = gradients(step, source);
        adam.step(schedule.at(step));
        done = new Result(step, step == 1 ? loss : done.firstLoss(), loss);
        if (step % CHECKPOINT_STEPS == 0 && step < steps) {
          checkpoints.keep(done, state);
        }
      }
      return done;
    }
  }

  /** Leaves the gradient of the mean loss of a step's windows in {@link #gradients}. */
  private double gradients(int step, Gradients source) {
    sums.tensors().forEach(sum -> device.scale(0, sum));
    List<Double> windows = new ArrayList<>();
    source.of(
        step,
        plan.steps().get(step - 1),
        adapters,
        part -> {
          add(part.gradients());
          Arrays.stream(part.losses()).forEach(windows::add);
        });
    for (int i = 0; i < sums.tensors().size(); i++) {
      device.scale(1.0 / windows.size(), sums.tensors().get(i));
      device.copy(sums.tensors().get(i), gradients.tensors().get(i));
    }
    return windows.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  private void add(Adapters part) {
    for (int i = 0; i < sums.tensors().size(); i++) {
      device.add(1, part.tensors().get(i), sums.tensors().get(i));
    }
  }

  private List<Adam.Parameter> parameters(Adapters first, Adapters second) {
    List<Adam.Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < adapters.all().size(); i++) {
      Adapter value = adapters.all().get(i);
      Adapter gradient = gradients.all().get(i);
      Adapter mean = first.all().get(i);
      Adapter square = second.all().get(i);
      String name = value.layer().name();
      parameters.add(
          new Adam.Parameter(
              "the adapter B of " + name,
              new AdamStep.Tensors(value.b(), gradient.b(), mean.b(), square.b())));
      parameters.add(
          new Adam.Parameter(
              "the adapter A of " + name,
              new AdamStep.Tensors(value.a(), gradient.a(), mean.a(), square.a())));
    }
    return parameters;
  }

  @Override
  public void close() {
    adapters.close();
    gradients.close();
    sums.close();
  }
}
