package org.llmsurgeon.surgery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;

/**
 * Trains the adapters of a shot: {@link Adam} with a rate that falls linearly, one step after the
 * other, wherever the gradients come from. Memory: five numbers for each of the adapters.
 */
public final class AdapterTraining implements AutoCloseable {
  private final Device device;
  private final CorrectionRule rule;
  private final CorrectionPlan plan;
  private final Adapters adapters;
  private final Adapters gradients;
  private final Adapters sums;
  private final List<Double> losses = new ArrayList<>();

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
    this.adapters = Adapters.initial(device, targets, plan.seed());
    this.gradients = targets.zeros(device, Precision.SINGLE);
    this.sums = targets.zeros(device, Precision.DOUBLE);
  }

  /** The adapters as they are now. */
  public Adapters adapters() {
    return adapters;
  }

  /**
   * Does all steps.
   *
   * @param source of the gradients
   * @return what was done
   * @throws ArithmeticException naming the layer and the step, where gradients are not finite any
   *     more
   */
  public Result train(Gradients source) {
    int steps = plan.steps().size();
    if (steps == 0) {
      return new Result(0, Double.NaN, Double.NaN);
    }
    Adam adam = new Adam(device, parameters(), AdamOptions.DEFAULT);
    TrainerSchedule schedule = new TrainerSchedule(rule.rate(), 0, steps);
    for (int step = 1; step <= steps; step++) {
      gradients(step, source);
      adam.step(schedule.at(step));
    }
    return new Result(steps, losses.get(0), losses.get(steps - 1));
  }

  /** Leaves the gradient of the mean loss of a step's windows in {@link #gradients}. */
  private void gradients(int step, Gradients source) {
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
    losses.add(windows.stream().mapToDouble(Double::doubleValue).average().orElseThrow());
    for (int i = 0; i < sums.tensors().size(); i++) {
      device.scale(1.0 / windows.size(), sums.tensors().get(i));
      device.copy(sums.tensors().get(i), gradients.tensors().get(i));
    }
  }

  private void add(Adapters part) {
    for (int i = 0; i < sums.tensors().size(); i++) {
      device.add(1, part.tensors().get(i), sums.tensors().get(i));
    }
  }

  private List<Adam.Parameter> parameters() {
    List<Adam.Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < adapters.all().size(); i++) {
      Adapter value = adapters.all().get(i);
      Adapter gradient = gradients.all().get(i);
      String name = value.layer().name();
      parameters.add(new Adam.Parameter("the adapter B of " + name, value.b(), gradient.b()));
      parameters.add(new Adam.Parameter("the adapter A of " + name, value.a(), gradient.a()));
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
