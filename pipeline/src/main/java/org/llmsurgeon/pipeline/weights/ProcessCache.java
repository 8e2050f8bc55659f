package org.llmsurgeon.pipeline.weights;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What this process keeps in memory from one task to the next: at most one thing of each {@link
 * Role}. A task says what it is about to do; what that {@link Work} has no use for goes, so that
 * the memory is there when its stage begins. What goes while tasks use it is closed by the last of
 * them. Beside it a process holds its devices, as long as it lives, and what tasks make for
 * themselves, such as the results that a pass keeps, see {@link
 * org.llmsurgeon.pipeline.cluster.KeptMemory}.
 */
public final class ProcessCache {
  private static final ProcessCache SHARED = new ProcessCache();

  private final Map<Role, Entry> current = new EnumMap<>(Role.class);

  /** What something is kept for. */
  public enum Role {
    /** The model that passes go through. */
    MODEL,
    /** The dense model beside it. */
    DENSE,
    /** The model that is corrected, with the dense one where it is asked. */
    ADAPTED,
    /** Inverses of a shot's factors, as many as there is memory for. */
    INVERSES
  }

  /** What a task does, and what it needs in memory for that. */
  public enum Work {
    /** Passes through one model: accumulating, drawing, evaluating. */
    PASS(Role.MODEL),
    /** Passes through the dense model and another one. */
    PASS_OF_TWO(Role.MODEL, Role.DENSE),
    /** Passes through a model that is corrected. */
    CORRECTION(Role.ADAPTED),
    /** Scoring and cutting a layer or a group of layers. */
    SURGERY(Role.INVERSES),
    /** Other matrices of a layer: eigenvectors, refitting, merging. */
    LAYER(),
    /** Whatever comes after an operation, or needs all memory or no open file of a model. */
    OTHER();

    private final Set<Role> needs;

    Work(Role... needs) {
      this.needs = EnumSet.noneOf(Role.class);
      this.needs.addAll(Arrays.asList(needs));
    }
  }

  /** That of this process. */
  public static ProcessCache shared() {
    return SHARED;
  }

  /**
   * Something that a task uses.
   *
   * @param <T> what it is
   */
  public interface Held<T> extends AutoCloseable {
    /** The thing itself; not to be used after {@link #close()}. */
    T value();

    /** Says that the task is done with it. */
    @Override
    void close();
  }

  /**
   * Lets go of what some work has no use for.
   *
   * @param work what begins
   */
  public synchronized void begin(Work work) {
    for (Role role : Role.values()) {
      if (!work.needs.contains(role)) {
        release(role);
      }
    }
  }

  /**
   * What a task needs, made where this process does not hold it yet.
   *
   * @param work what begins, see {@link #begin}
   * @param role what it is for
   * @param key what it is; another of the role goes
   * @param make makes it
   * @param <T> what it is
   * @return to be closed by the task
   */
  public <T extends AutoCloseable> Held<T> acquire(
      Work work, Role role, Object key, Supplier<T> make) {
    return acquire(work, role, new State(key, null), make, made -> {});
  }

  /**
   * What something is, and how it is at the moment.
   *
   * @param key as in {@link #acquire(Work, Role, Object, Supplier)}
   * @param now what can be changed without making it anew; all that use it at a time need the same
   */
  public record State(Object key, Object now) {}

  /**
   * As {@link #acquire(Work, Role, Object, Supplier)}, for what can be changed: a task that needs
   * it otherwise waits until those are done that use it as it is.
   *
   * @param state what is needed
   * @param change brings it there; where that fails, the next task tries again
   */
  public synchronized <T extends AutoCloseable> Held<T> acquire(
      Work work, Role role, State state, Supplier<T> make, Consumer<T> change) {
    if (!work.needs.contains(role)) {
      throw new IllegalArgumentException(work + " has no use for " + role);
    }
    begin(work);
    Entry entry = current.get(role);
    while (entry != null && entry.key.equals(state.key()) && entry.isBusyOtherwise(state)) {
      await();
      entry = current.get(role);
    }
    if (entry == null || !entry.key.equals(state.key())) {
      release(role);
      entry = new Entry(role, state.key(), make.get());
      current.put(role, entry);
    }
    @SuppressWarnings("unchecked")
    T value = (T) entry.value;
    if (!state.equals(entry.now)) {
      entry.now = null;
      change.accept(value);
      entry.now = state;
    }
    return use(entry, value);
  }

  private <T> Held<T> use(Entry entry, T value) {
    entry.users++;
    return new Held<>() {
      private boolean closed;

      @Override
      public T value() {
        return value;
      }

      @Override
      public void close() {
        synchronized (ProcessCache.this) {
          if (!closed) {
            closed = true;
            done(entry);
          }
        }
      }
    };
  }

  private void done(Entry entry) {
    entry.users--;
    if (entry.users == 0 && current.get(entry.role) != entry) {
      entry.free();
    }
    notifyAll();
  }

  private void release(Role role) {
    Entry old = current.remove(role);
    if (old != null && old.users == 0) {
      old.free();
    }
    notifyAll();
  }

  private void await() {
    try {
      wait();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while other tasks used a model", interrupted);
    }
  }

  /** Something that is held, or is no more but still used. */
  private static final class Entry {
    private final Role role;
    private final Object key;
    private final AutoCloseable value;
    private State now;
    private int users;

    Entry(Role role, Object key, AutoCloseable value) {
      this.role = role;
      this.key = key;
      this.value = value;
    }

    boolean isBusyOtherwise(State state) {
      return users > 0 && !state.equals(now);
    }

    void free() {
      try {
        value.close();
      } catch (RuntimeException failure) {
        throw failure;
      } catch (Exception failure) {
        throw new IllegalStateException("a " + role + " could not be closed", failure);
      }
    }
  }
}
