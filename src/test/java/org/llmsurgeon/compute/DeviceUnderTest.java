package org.llmsurgeon.compute;

import java.util.List;
import org.llmsurgeon.Tolerances;
import org.llmsurgeon.compute.reference.ReferenceDevice;

/** What the parts of {@link DeviceContract} know of the device that they check. */
interface DeviceUnderTest {
  /** The device; the same one for all tests of a class. */
  Device device();

  /** How close its results in a precision must be. */
  default Tolerances.Level tolerances(Precision precision) {
    return Tolerances.of(precision);
  }

  default Workspace workspace(Precision precision) {
    return new Workspace(device(), precision);
  }

  /** Something done on a device; gives what it wrote. */
  interface Computation {
    List<Tensor> on(Workspace workspace);
  }

  /** Fails unless the device gives what {@link ReferenceDevice} gives, in single precision. */
  default void assertAsReference(String what, double tolerance, Computation computation) {
    try (Device oracle = new ReferenceDevice();
        Workspace expectations = new Workspace(oracle, Precision.SINGLE);
        Workspace work = workspace(Precision.SINGLE)) {
      List<Tensor> expected = computation.on(expectations);
      List<Tensor> actual = computation.on(work);
      for (int i = 0; i < expected.size(); i++) {
        Tolerances.assertClose(
            what + ", result " + i,
            work.values(actual.get(i)),
            expectations.values(expected.get(i)),
            tolerance);
      }
    }
  }
}
