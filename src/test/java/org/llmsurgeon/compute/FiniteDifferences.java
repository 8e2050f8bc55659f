package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.DoubleSupplier;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/**
 * Gradients of anything that ends in one number, by changing one element after the other: the check
 * of every backward method, and of whole networks. Meant for {@link ReferenceDevice}, whose tensors
 * keep doubles. Four points, so the error is of fourth order in the step: about 1e-11 of the values
 * for smooth functions. Elements within two steps of a kink (RELU at 0) give wrong answers.
 */
public final class FiniteDifferences {
  /** A power of two, so that steps are exact for elements of ordinary size. */
  private static final double STEP = 0x1p-12;

  private FiniteDifferences() {}

  /**
   * Derivatives of a function with respect to all elements of a tensor, which is left as it was.
   *
   * @param device the device of the tensor
   * @param x changed in place while the function is evaluated
   * @param function reads {@code x}, at its present values, at each call
   * @return one derivative per element, row by row
   */
  public static double[] gradient(Device device, Tensor x, DoubleSupplier function) {
    long[] all = new long[Math.toIntExact(x.size())];
    Arrays.setAll(all, i -> i);
    return gradient(device, x, all, function);
  }

  /**
   * Derivatives with respect to some elements, for tensors that are too large to go through.
   *
   * @param device the device of the tensor
   * @param x changed in place while the function is evaluated
   * @param elements indices in row-major order
   * @param function reads {@code x}, at its present values, at each call
   * @return one derivative per index
   */
  public static double[] gradient(
      Device device, Tensor x, long[] elements, DoubleSupplier function) {
    double[] gradient = new double[elements.length];
    for (int i = 0; i < elements.length; i++) {
      gradient[i] = derivative(device, x, elements[i], function);
    }
    return gradient;
  }

  /**
   * Fails unless an analytic gradient is that of finite differences, within {@link
   * Tolerances#FINITE_DIFFERENCE} of the largest, and not zero everywhere.
   *
   * @param what what the gradient is of, for the message
   * @param device the device of both tensors
   * @param x the variable
   * @param analytic the gradient to check, same shape
   * @param function reads {@code x}, at its present values, at each call
   */
  public static void assertGradient(
      String what, Device device, Tensor x, Tensor analytic, DoubleSupplier function) {
    double[] expected = gradient(device, x, function);
    assertThat(Arrays.stream(expected).anyMatch(each -> each != 0))
        .as(what + ": there is a gradient to compare with")
        .isTrue();
    double[] actual = device.values(analytic);
    Tolerances.assertClose(what, actual, expected, Tolerances.FINITE_DIFFERENCE);
  }

  /** {@code (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12 h}. */
  private static double derivative(Device device, Tensor x, long element, DoubleSupplier function) {
    double[] value = new double[1];
    device.download(x, element, value, 0, 1);
    double near =
        at(device, x, element, value[0] + STEP, function)
            - at(device, x, element, value[0] - STEP, function);
    double far =
        at(device, x, element, value[0] + 2 * STEP, function)
            - at(device, x, element, value[0] - 2 * STEP, function);
    device.upload(value, 0, x, element, 1);
    return (8 * near - far) / (12 * STEP);
  }

  private static double at(
      Device device, Tensor x, long element, double value, DoubleSupplier function) {
    device.upload(new double[] {value}, 0, x, element, 1);
    return function.getAsDouble();
  }
}
