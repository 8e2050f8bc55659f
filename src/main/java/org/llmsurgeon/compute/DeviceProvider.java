package org.llmsurgeon.compute;

/**
 * Devices of one kind. The class path names the providers ({@link java.util.ServiceLoader}), {@link
 * Devices} finds one by its name: another kind of device is a class, a provider and a line in
 * {@code META-INF/services}.
 */
public interface DeviceProvider {
  /** Name of the kind, as {@link Device#name}, for example {@code cpu}. */
  String name();

  /**
   * Opens a device; the caller closes it. Until then this kind costs nothing.
   *
   * @param address which one of this machine's, as a scheduler names it: a number from 0, or what
   *     its discovery says; of no meaning where a machine has but one
   * @throws DeviceUnavailableException if it cannot be used
   */
  Device open(String address);
}
