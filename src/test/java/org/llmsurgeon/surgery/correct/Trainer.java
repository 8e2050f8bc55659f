package org.llmsurgeon.surgery.correct;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.llmsurgeon.compute.AdamStep;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.pass.ParameterGradients;

/**
 * Trains all parameters of a model on token windows: minibatches in shuffled order, {@link Adam},
 * linear warm-up and decay. The same model, windows and options give the same bits, whatever the
 * number of cores, as long as the device gives the same bits.
 *
 * <p>Memory: for each weight two floats of the optimiser and one of a gradient for each part of a
 * batch, beside the model and its passes.
 */
public final class Trainer {
  private final LanguageModel model;
  private final TrainerOptions options;

  /**
   * @param model trained in place; its weights must be writable
   * @param options how to train
   */
  public Trainer(LanguageModel model, TrainerOptions options) {
    this.model = model;
    this.options = options;
  }

  /**
   * Trains for all steps of the schedule. Windows are read in an order that is drawn anew each time
   * all of them were read.
   *
   * @param windows token ids, each at least 2 long
   * @param listener told after each step
   * @throws ArithmeticException naming what is not finite, where training diverges
   */
  public void train(int[][] windows, Consumer<TrainerStep> listener) {
    if (windows.length == 0) {
      throw new IllegalArgumentException("no windows to train on");
    }
    Order order = new Order(windows.length, options.seed());
    try (Parts parts = new Parts();
        TensorScope means = new TensorScope(model.device())) {
      Adam adam = new Adam(model.device(), parts.parameters(means), options.adam(), 0);
      for (int step = 1; step <= options.schedule().steps(); step++) {
        int[][] batch = new int[options.batch()][];
        Arrays.setAll(batch, unused -> windows[order.next()]);
        double loss = parts.gradients(batch);
        double rate = options.schedule().at(step);
        listener.accept(new TrainerStep(step, loss, rate, adam.step(rate)));
      }
    }
  }

  /**
   * A parameter that was not trained yet.
   *
   * @param name for messages
   * @param value changed in place by each step
   * @param gradient same shape
   * @param scope owns the means
   */
  static Adam.Parameter untrained(String name, Tensor value, Tensor gradient, TensorScope scope) {
    Tensor first = scope.zeros(value.precision(), value.rows(), value.columns());
    Tensor second = scope.zeros(value.precision(), value.rows(), value.columns());
    return new Adam.Parameter(name, new AdamStep.Tensors(value, gradient, first, second));
  }

  /** Indices of windows, each once before any comes again. */
  private static final class Order {
    private final Random random;
    private final int[] indices;
    private int at;

    Order(int size, long seed) {
      random = new Random(seed);
      indices = new int[size];
      Arrays.setAll(indices, i -> i);
    }

    int next() {
      if (at == 0) {
        for (int last = indices.length - 1; last > 0; last--) {
          int other = random.nextInt(last + 1);
          int swapped = indices[last];
          indices[last] = indices[other];
          indices[other] = swapped;
        }
      }
      int index = indices[at];
      at = (at + 1) % indices.length;
      return index;
    }
  }

  /** Gradients of the parts of a batch; the first one's take the sum. */
  private final class Parts implements AutoCloseable {
    private final List<ParameterGradients> sums = new ArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(options.parts());

    Parts() {
      for (int part = 0; part < options.parts(); part++) {
        sums.add(model.zeroGradients(Precision.SINGLE));
      }
    }

    List<Adam.Parameter> parameters(TensorScope means) {
      return model.parameterNames().stream()
          .map(name -> untrained(name, model.weight(name), sums.get(0).of(name), means))
          .toList();
    }

    /** Leaves the gradient of the batch's mean loss in the first sums, and returns that loss. */
    double gradients(int[][] batch) {
      int size = batch.length / options.parts();
      List<Future<double[]>> running = new ArrayList<>();
      for (int part = 0; part < options.parts(); part++) {
        int[][] windows = Arrays.copyOfRange(batch, part * size, (part + 1) * size);
        ParameterGradients into = sums.get(part);
        running.add(threads.submit(() -> gradients(windows, 1.0 / batch.length, into)));
      }
      double loss = 0;
      for (Future<double[]> part : running) {
        loss += Arrays.stream(result(part)).sum();
      }
      for (ParameterGradients other : sums.subList(1, sums.size())) {
        for (String name : other.names()) {
          Tensor total = sums.get(0).of(name);
          model.device().add(1, other.of(name), total);
        }
      }
      return loss / batch.length;
    }

    private double[] gradients(int[][] windows, double scale, ParameterGradients into) {
      into.clear();
      return model.gradients(windows, scale, into);
    }

    private static double[] result(Future<double[]> part) {
      try {
        return part.get();
      } catch (ExecutionException failed) {
        if (failed.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException("a part of a batch failed", failed.getCause());
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        CancellationException cancelled = new CancellationException("training was interrupted");
        cancelled.initCause(interrupted);
        throw cancelled;
      }
    }

    /** Waits for the threads before their gradients are freed. */
    @Override
    public void close() {
      threads.shutdownNow();
      boolean interrupted = false;
      while (!threads.isTerminated()) {
        try {
          threads.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException again) {
          interrupted = true;
        }
      }
      sums.forEach(ParameterGradients::close);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
