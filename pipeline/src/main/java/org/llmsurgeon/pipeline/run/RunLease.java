package org.llmsurgeon.pipeline.run;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.llmsurgeon.InputException;
import org.llmsurgeon.Reason;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right of one driver to write into a run directory. Claims are numbered files that are created
 * exclusively; the highest one holds. Its owner shows that it lives by a new beat file every few
 * seconds. A newcomer watches: it takes over a claim that is released, whose process is dead, or
 * that did not beat for the whole patience, and refuses one that beats. No clocks are compared.
 */
public final class RunLease implements AutoCloseable {
  /** Its folder in the run directory. */
  public static final String FOLDER = "lease";

  private static final Logger LOG = LoggerFactory.getLogger(RunLease.class);
  private static final String CLAIM = ".claim.json";
  private static final String BEAT = ".beat-";
  private static final String RELEASED = ".released";

  /**
   * How often an owner beats, and how long a newcomer waits for a beat.
   *
   * @param beat time between two beats
   * @param patience time without a beat after which a claim is void
   */
  public record Rhythm(Duration beat, Duration patience) {
    /** A beat every 4 seconds, void after 20. */
    public static final Rhythm DEFAULT = new Rhythm(Duration.ofSeconds(4), Duration.ofSeconds(20));
  }

  private final HadoopStorage storage;
  private final String folder;
  private final int claim;
  private final ScheduledExecutorService heart;
  private long beats;

  private RunLease(HadoopStorage storage, String folder, int claim, Rhythm rhythm) {
    this.storage = storage;
    this.folder = folder;
    this.claim = claim;
    this.heart =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "llm-surgeon-lease");
              thread.setDaemon(true);
              return thread;
            });
    long pause = rhythm.beat().toMillis();
    heart.scheduleWithFixedDelay(this::beat, 0, pause, TimeUnit.MILLISECONDS);
  }

  /**
   * Takes the lease, waiting where another may still hold it.
   *
   * @param run the run directory
   * @param rhythm how long to wait
   * @param progress told why it waits
   * @throws InputException if another process works in the directory
   */
  public static RunLease acquire(RunDirectory run, Rhythm rhythm, Progress progress) {
    HadoopStorage storage = run.storage();
    String folder = run.resolve(FOLDER);
    while (true) {
      int holder = highest(storage, folder);
      if (holder > 0 && !isVoid(storage, folder, holder)) {
        waitOut(run, holder, rhythm, progress);
      }
      if (claim(storage, folder, holder + 1)) {
        return new RunLease(storage, folder, holder + 1, rhythm);
      }
    }
  }

  /**
   * Throws if another driver has taken over, as it may where this one seemed dead.
   *
   * @throws RunFailedException if the lease is lost
   */
  public void check() {
    if (highest(storage, folder) != claim) {
      throw new RunFailedException(
          "Another process has taken over the run directory of "
              + folder
              + " because this one did not show that it lives; this one stops.");
    }
  }

  /** Gives the lease back, where the directory still exists. */
  @Override
  public void close() {
    heart.shutdown();
    try {
      heart.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    if (storage.exists(name(folder, claim, CLAIM))) {
      write(storage, name(folder, claim, RELEASED), new byte[0]);
    }
  }

  private void beat() {
    try {
      if (!storage.exists(name(folder, claim, CLAIM))) {
        return;
      }
      beats++;
      write(storage, name(folder, claim, BEAT + beats), new byte[0]);
      if (beats > 1) {
        storage.delete(name(folder, claim, BEAT + (beats - 1)), false);
      }
    } catch (RuntimeException failure) {
      // Missing a beat is harmless: every commit checks that the lease still holds.
      LOG.warn("the lease in {} could not be renewed", folder, failure);
    }
  }

  private static boolean claim(HadoopStorage storage, String folder, int number) {
    try {
      write(storage, name(folder, number, CLAIM), Json.bytes(Owner.current()));
      return true;
    } catch (UncheckedIOException failure) {
      if (failure.getCause() instanceof FileAlreadyExistsException
          || isOfAnother(storage, name(folder, number, CLAIM))) {
        return false;
      }
      throw new InputException(
          folder
              + " cannot be written ("
              + Reason.of(failure.getCause())
              + "); choose another run directory.",
          failure);
    }
  }

  /** Object stores tell only at the end, and each in its own words, that another was faster. */
  private static boolean isOfAnother(HadoopStorage storage, String claim) {
    return storage.exists(claim)
        && Json.read(storage.readBytes(claim), Owner.class)
            .filter(owner -> !owner.equals(Owner.current()))
            .isPresent();
  }

  private static boolean isVoid(HadoopStorage storage, String folder, int holder) {
    if (storage.exists(name(folder, holder, RELEASED))) {
      return true;
    }
    byte[] claim = storage.readBytes(name(folder, holder, CLAIM));
    return Json.read(claim, Owner.class).map(Owner::isDeadHere).orElse(false);
  }

  private static void waitOut(RunDirectory run, int holder, Rhythm rhythm, Progress progress) {
    HadoopStorage storage = run.storage();
    String folder = run.resolve(FOLDER);
    progress.note(
        "waiting up to "
            + rhythm.patience().toSeconds()
            + " s to see whether another process still works in "
            + run.path());
    List<String> before = storage.entries(folder);
    long deadline = System.nanoTime() + rhythm.patience().toNanos();
    while (System.nanoTime() < deadline) {
      sleep(rhythm.beat().dividedBy(4));
      List<String> now = storage.entries(folder);
      if (now.contains(name(holder, RELEASED)) || !now.contains(name(holder, CLAIM))) {
        return;
      }
      if (!now.equals(before)) {
        throw new InputException(
            "Another process works in "
                + run.path()
                + "; wait until it ends, or choose another output.");
      }
    }
  }

  private static void sleep(Duration time) {
    try {
      TimeUnit.MILLISECONDS.sleep(Math.max(1, time.toMillis()));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new RunFailedException("interrupted while waiting for a run directory", interrupted);
    }
  }

  private static int highest(HadoopStorage storage, String folder) {
    return storage.entries(folder).stream()
        .filter(name -> name.endsWith(CLAIM))
        .mapToInt(name -> Integer.parseInt(name.substring(0, name.length() - CLAIM.length())))
        .max()
        .orElse(0);
  }

  private static String name(int claim, String suffix) {
    return String.format(Locale.ROOT, "%06d%s", claim, suffix);
  }

  private static String name(String folder, int claim, String suffix) {
    return Storage.child(folder, name(claim, suffix));
  }

  private static void write(HadoopStorage storage, String file, byte[] bytes) {
    try (OutputStream out = storage.create(file)) {
      out.write(bytes);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * The process that made a claim.
   *
   * @param host its machine
   * @param pid its number there
   * @param started when it started, milliseconds since 1970; 0 where the system does not say
   */
  record Owner(String host, long pid, long started) {
    static Owner current() {
      ProcessHandle process = ProcessHandle.current();
      return new Owner(hostName(), process.pid(), started(process));
    }

    /** Whether it ran on this machine and runs no more. */
    boolean isDeadHere() {
      return host.equals(hostName())
          && ProcessHandle.of(pid)
              .filter(process -> started(process) == started)
              .filter(ProcessHandle::isAlive)
              .isEmpty();
    }

    private static long started(ProcessHandle process) {
      return process.info().startInstant().map(java.time.Instant::toEpochMilli).orElse(0L);
    }

    private static String hostName() {
      try {
        return java.net.InetAddress.getLocalHost().getHostName();
      } catch (java.net.UnknownHostException nameless) {
        return "unknown";
      }
    }
  }
}
