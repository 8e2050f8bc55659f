package org.llmsurgeon.compute.bench;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.llmsurgeon.compute.Device;

/** What each operation of a device takes, each waited for. */
public final class WatchedDevice {
  private record Cost(int calls, double seconds) {}

  private final Map<String, Cost> costs = new HashMap<>();

  /**
   * The same device, watched.
   *
   * @param real what is watched
   */
  public Device watch(Device real) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              long start = System.nanoTime();
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              } finally {
                real.synchronize();
                Cost one = new Cost(1, (System.nanoTime() - start) * 1e-9);
                costs.merge(
                    method.getName(),
                    one,
                    (a, b) -> new Cost(a.calls + b.calls, a.seconds + b.seconds));
              }
            });
  }

  /** Prints the operations that took most. */
  public void print() {
    costs.entrySet().stream()
        .sorted(Comparator.comparingDouble(each -> -each.getValue().seconds()))
        .limit(14)
        .forEach(
            each ->
                System.out.printf(
                    Locale.ROOT,
                    "  %-28s %6d calls %8.3f s%n",
                    each.getKey(),
                    each.getValue().calls(),
                    each.getValue().seconds()));
    double all = costs.values().stream().mapToDouble(Cost::seconds).sum();
    System.out.printf(Locale.ROOT, "  all operations of the device %.3f s%n", all);
  }
}
