package org.llmsurgeon.compute;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Notes what is asked of a device, for tests of who waits for it. */
public final class NotedDevice {
  /** In place of the name of a call that gives numbers of the device to the host. */
  public static final String READ = "READ";

  private static final Set<String> READS =
      Set.of("values", "download", "firstNonFinite", "diagonal", "columnDots", "eigen");

  private final Device plain;
  private final List<String> calls = new ArrayList<>();

  /**
   * @param plain does what is asked
   */
  public NotedDevice(Device plain) {
    this.plain = plain;
  }

  /** Names of the calls so far, or {@link #READ}; may be cleared. */
  public List<String> calls() {
    return calls;
  }

  /** The device whose calls are noted. */
  public Device device() {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              boolean dots = method.getName().equals("rowDots") && arguments.length == 2;
              calls.add(dots || READS.contains(method.getName()) ? READ : method.getName());
              try {
                return method.invoke(plain, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }
}
