package org.llmsurgeon.pipeline;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;

/** Counts the floating-point operations of the products and factorisations that a device does. */
public final class CountingDevice {
  private double flops;

  /** The device that is watched. */
  public Device watched() {
    Device real = ExecutorDevice.shared();
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              flops += flops(method.getName(), arguments);
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }

  /** What was counted since this was last asked. */
  public double take() {
    double counted = flops;
    flops = 0;
    return counted;
  }

  private static double flops(String operation, Object[] arguments) {
    return switch (operation) {
      case "multiply" -> {
        Operand a = (Operand) arguments[1];
        Operand b = (Operand) arguments[2];
        yield 2.0 * a.effectiveRows() * a.effectiveColumns() * b.effectiveColumns();
      }
      case "gram", "addGramPacked", "addProductPacked" -> {
        Tensor x = (Tensor) arguments[1];
        yield (double) x.rows() * x.columns() * (x.columns() + 1);
      }
      case "cholesky" -> cube(arguments[0]) / 3;
      case "inverseFromCholesky" -> 2 * cube(arguments[0]) / 3;
      case "solveTriangular" -> solve(arguments[0], arguments[2]);
      case "solveCholesky" -> 2 * solve(arguments[0], arguments[1]);
      default -> 0;
    };
  }

  private static double cube(Object matrix) {
    return Math.pow(((Tensor) matrix).rows(), 3);
  }

  private static double solve(Object triangle, Object sides) {
    return (double) ((Tensor) triangle).rows() * ((Tensor) sides).size();
  }
}
