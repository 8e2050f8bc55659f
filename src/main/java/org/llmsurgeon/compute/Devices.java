package org.llmsurgeon.compute;

import java.util.List;
import java.util.ServiceLoader;
import org.llmsurgeon.InputException;

/** The kinds of devices that there are, by name. */
public final class Devices {
  /** The processor. */
  public static final String PROCESSOR = "cpu";

  /** CUDA cards. */
  public static final String CARD = "cuda";

  /** The first device of a kind. */
  public static final String FIRST = "0";

  private Devices() {}

  /** Names of all kinds, in order. */
  public static List<String> names() {
    return providers().stream().map(DeviceProvider::name).sorted().toList();
  }

  /**
   * Opens a device; the caller closes it.
   *
   * @param name of its kind
   * @param address which one, see {@link DeviceProvider#open}
   * @throws InputException listing the names if there is no such kind
   * @throws DeviceUnavailableException if it cannot be used
   */
  public static Device open(String name, String address) {
    return provider(name).open(address);
  }

  /**
   * The provider of a kind.
   *
   * @param name of its kind
   * @throws InputException listing the names if there is no such kind
   */
  public static DeviceProvider provider(String name) {
    return providers().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "There is no device '%s'; choose one of %s."
                        .formatted(name, String.join(", ", names()))));
  }

  private static List<DeviceProvider> providers() {
    ClassLoader loader = Devices.class.getClassLoader();
    return ServiceLoader.load(DeviceProvider.class, loader).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }
}
