package org.llmsurgeon.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.StreamStyle;
import org.llmsurgeon.model.layer.Linear;
import org.llmsurgeon.model.layer.NormLayer;
import org.llmsurgeon.model.pass.Parameter;
import org.llmsurgeon.model.weights.WeightSource;

/** All weights of a network, in the order in which an architecture names them. */
final class Parameters implements AutoCloseable {
  private final StreamStyle.Norms norms;
  private final Map<String, NormLayer> made = new HashMap<>();
  private final Map<String, Parameter> stored = new LinkedHashMap<>();
  private final List<Parameter> ones = new ArrayList<>();
  private TensorScope scope;
  private Precision precision = Precision.SINGLE;

  /**
   * @param norms what all norms have in common
   */
  Parameters(StreamStyle.Norms norms) {
    this.norms = norms;
  }

  Parameter matrix(String name, int rows, int columns) {
    return add(new Parameter(name, rows, columns));
  }

  /** A weight of any shape; all dimensions but the first are columns. */
  Parameter of(String name, int... shape) {
    return add(new Parameter(name, shape));
  }

  Parameter vector(String name, int length) {
    return add(new Parameter(name, length));
  }

  Linear linear(LinearShape shape) {
    Parameter weight = matrix(shape.weightName(), shape.outputs(), shape.inputs());
    Parameter bias = shape.bias() ? vector(shape.biasName(), shape.outputs()) : null;
    return new Linear(shape, weight, bias);
  }

  /**
   * A norm; the same for the same name. One without weights has gain 1, which is no parameter of
   * the checkpoint.
   */
  NormLayer norm(String name, int width) {
    return made.computeIfAbsent(name, key -> make(key, width));
  }

  private NormLayer make(String name, int width) {
    Parameter gain =
        norms.weights() ? vector(name + ".weight", width) : one(name + ".weight", width);
    Parameter base = norms.aroundOne() ? one(name + ".base", width) : null;
    Parameter bias = norms.bias() ? vector(name + ".bias", width) : null;
    return new NormLayer(norms.kind(), gain, base, bias, norms.epsilon());
  }

  private Parameter one(String name, int width) {
    Parameter gain = new Parameter(name, width);
    ones.add(gain);
    return gain;
  }

  /** Names and shapes of what the checkpoint must hold. */
  Map<String, int[]> shapes() {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    stored.forEach((name, parameter) -> shapes.put(name, parameter.shape()));
    return shapes;
  }

  List<String> names() {
    return List.copyOf(stored.keySet());
  }

  Parameter byName(String name) {
    Parameter parameter = stored.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException("the network has no parameter " + name);
    }
    return parameter;
  }

  /** Number format of the weights, and so of everything computed from them. */
  Precision precision() {
    return precision;
  }

  /**
   * Loads every weight, after all shapes were checked.
   *
   * @throws InputException naming a tensor that is absent or has another shape than it should
   */
  void load(WeightSource source, Device device) {
    stored.values().forEach(parameter -> checkShape(parameter, source));
    scope = new TensorScope(device);
    try {
      for (Parameter parameter : stored.values()) {
        parameter.fill(scope.own(source.load(parameter.name(), device)));
      }
      precision = commonPrecision();
      ones.forEach(parameter -> parameter.fill(scope.own(ones(device, parameter.columns()))));
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  private Precision commonPrecision() {
    List<Precision> precisions =
        stored.values().stream().map(each -> each.tensor().precision()).distinct().toList();
    if (precisions.size() != 1) {
      throw new IllegalArgumentException("weights were loaded in several precisions");
    }
    return precisions.get(0);
  }

  private Tensor ones(Device device, int length) {
    double[] values = new double[length];
    Arrays.fill(values, 1);
    return device.tensor(precision, 1, length, values);
  }

  private static void checkShape(Parameter parameter, WeightSource source) {
    String name = parameter.name();
    if (!source.contains(name)) {
      throw new InputException(
          "the checkpoint has no tensor %s, which its config.json calls for with shape %s"
              .formatted(name, Arrays.toString(parameter.shape())));
    }
    int[] shape = source.shape(name);
    if (!Arrays.equals(shape, parameter.shape())) {
      throw new InputException(
          "tensor %s has shape %s, but config.json calls for %s; they are not of the same model"
              .formatted(name, Arrays.toString(shape), Arrays.toString(parameter.shape())));
    }
  }

  private Parameter add(Parameter parameter) {
    if (stored.put(parameter.name(), parameter) != null) {
      throw new IllegalStateException(parameter.name() + " is named twice");
    }
    return parameter;
  }

  @Override
  public void close() {
    if (scope != null) {
      scope.close();
    }
  }
}
