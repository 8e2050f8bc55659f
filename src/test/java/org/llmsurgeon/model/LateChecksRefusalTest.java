package org.llmsurgeon.model;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.FiniteChecks;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/** The same words where a device tells what is not finite as late as it may. */
@DisplayName("A language model on a device that tells late refuses")
class LateChecksRefusalTest extends LanguageModelRefusalTest {
  @Override
  Device device() {
    return late(new ReferenceDevice());
  }

  private static Device late(Device real) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("finiteChecks")) {
                return new Late(real);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }

  /** Looks at once, and throws when it is asked. */
  private static final class Late implements FiniteChecks {
    private final Device device;
    private final List<RuntimeException> found = new ArrayList<>();

    Late(Device device) {
      this.device = device;
    }

    @Override
    public void check(Tensor x, Failure failure) {
      long element = device.firstNonFinite(x);
      if (element >= 0) {
        found.add(failure.at(element));
      }
    }

    @Override
    public void settle() {
      if (!found.isEmpty()) {
        throw found.get(0);
      }
    }

    @Override
    public void close() {}
  }
}
