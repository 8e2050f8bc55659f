package org.llmsurgeon.compute.cuda.driver;

import java.util.Set;

/**
 * A function of CUDA failed. Steps run after they are asked for, so the one named here may only be
 * the first that saw a failure of an earlier one.
 */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Status of the driver: out of memory. */
  static final int OUT_OF_MEMORY = 2;

  /**
   * Statuses of the driver after which its context is of no more use: unavailable, uncorrectable
   * memory, link and hardware errors, illegal addresses and instructions, timeouts, unknown.
   */
  private static final Set<Integer> FATAL =
      Set.of(4, 46, 214, 220, 226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 999);

  /**
   * @param function name of the function
   * @param status what it returned
   * @param name the status in words
   */
  CudaException(String function, int status, String name) {
    super("The CUDA function " + function + " failed: " + name + " (" + status + ")");
  }

  /** Whether a status of the driver ends the use of its card. */
  static boolean isFatal(int status) {
    return FATAL.contains(status);
  }
}
