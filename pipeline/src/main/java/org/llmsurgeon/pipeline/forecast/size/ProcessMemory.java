package org.llmsurgeon.pipeline.forecast.size;

/**
 * What a process takes.
 *
 * @param process all of it, its heap and what it has mapped included, bytes
 * @param device the part that tensors take, bytes
 * @param mapped the part that is mapped from files, which the system takes back when it must
 * @param atOnce tasks that it does at a time: as many as there are cores, or memory for
 * @param card what is taken of the memory of each card, bytes; 0 where there is none
 */
public record ProcessMemory(long process, long device, long mapped, int atOnce, long card) {
  /** Nothing is done. */
  public static final ProcessMemory NONE = new ProcessMemory(0, 0, 0, 1);

  /** Nothing is on cards. */
  ProcessMemory(long process, long device, long mapped, int atOnce) {
    this(process, device, mapped, atOnce, 0);
  }

  /**
   * The same process where it does other work at another time.
   *
   * @param other what that takes
   * @param atOnce tasks of both at a time
   */
  ProcessMemory or(ProcessMemory other, int atOnce) {
    return new ProcessMemory(
        Math.max(process, other.process),
        Math.max(device, other.device),
        Math.max(mapped, other.mapped),
        atOnce,
        Math.max(card, other.card));
  }
}
