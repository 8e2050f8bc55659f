package org.llmsurgeon.compute.cuda.driver;

import com.sun.jna.Native;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.compute.DeviceUnavailableException;

/**
 * A card of this machine, as the driver describes it.
 *
 * @param ordinal its number among the cards that {@code CUDA_VISIBLE_DEVICES} leaves
 * @param name for example {@code NVIDIA H100 80GB HBM3}
 * @param memoryBytes all its memory
 * @param major major compute capability, for example 9
 * @param minor minor compute capability
 */
public record CudaCard(int ordinal, String name, long memoryBytes, int major, int minor) {
  /** The oldest cards that have TF32 and BF16 products. */
  private static final int OLDEST_MAJOR = 8;

  private static final int MAJOR_ATTRIBUTE = 75;
  private static final int MINOR_ATTRIBUTE = 76;
  private static final int LONGEST_NAME = 256;

  /**
   * All cards, in the driver's order.
   *
   * @throws DeviceUnavailableException if there is no driver, or it finds no card
   */
  public static List<CudaCard> all() {
    DriverLibrary driver = CudaLibraries.driverAlone();
    IntByReference count = new IntByReference();
    int status = driver.cuDeviceGetCount(count);
    if (status != 0 || count.getValue() == 0) {
      throw new DeviceUnavailableException(
          "The CUDA driver finds no card; nvidia-smi and CUDA_VISIBLE_DEVICES show which there"
              + " are.");
    }
    List<CudaCard> cards = new ArrayList<>();
    for (int ordinal = 0; ordinal < count.getValue(); ordinal++) {
      cards.add(describe(driver, ordinal));
    }
    return cards;
  }

  /**
   * One card.
   *
   * @param ordinal its number
   * @throws DeviceUnavailableException if there is no such card, or it is too old
   */
  public static CudaCard of(int ordinal) {
    List<CudaCard> cards = all();
    if (ordinal < 0 || ordinal >= cards.size()) {
      throw new DeviceUnavailableException(
          "There is no CUDA card "
              + ordinal
              + ": this machine shows "
              + cards.size()
              + ", counted from 0.");
    }
    CudaCard card = cards.get(ordinal);
    if (card.major < OLDEST_MAJOR) {
      throw new DeviceUnavailableException(
          "The card "
              + card.name
              + " is too old: its compute capability is "
              + card.major
              + "."
              + card.minor
              + ", but 8.0 (A100, RTX 30) or newer is needed.");
    }
    return card;
  }

  private static CudaCard describe(DriverLibrary driver, int ordinal) {
    IntByReference device = new IntByReference();
    byte[] name = new byte[LONGEST_NAME];
    LongByReference bytes = new LongByReference();
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    require(driver.cuDeviceGet(device, ordinal), "cuDeviceGet");
    require(driver.cuDeviceGetName(name, name.length, device.getValue()), "cuDeviceGetName");
    require(driver.cuDeviceTotalMem_v2(bytes, device.getValue()), "cuDeviceTotalMem");
    require(attribute(driver, major, MAJOR_ATTRIBUTE, device), "cuDeviceGetAttribute");
    require(attribute(driver, minor, MINOR_ATTRIBUTE, device), "cuDeviceGetAttribute");
    return new CudaCard(
        ordinal, Native.toString(name), bytes.getValue(), major.getValue(), minor.getValue());
  }

  private static int attribute(
      DriverLibrary driver, IntByReference value, int attribute, IntByReference device) {
    return driver.cuDeviceGetAttribute(value, attribute, device.getValue());
  }

  private static void require(int status, String function) {
    if (status != 0) {
      throw new CudaException(function, status, "the driver does not describe the card");
    }
  }

  /** The architecture that kernels are compiled for, for example {@code sm_90}. */
  public String architecture() {
    return "sm_" + major + minor;
  }
}
