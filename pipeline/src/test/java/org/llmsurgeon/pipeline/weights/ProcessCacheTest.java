package org.llmsurgeon.pipeline.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.pipeline.weights.ProcessCache.Held;
import org.llmsurgeon.pipeline.weights.ProcessCache.Role;
import org.llmsurgeon.pipeline.weights.ProcessCache.State;
import org.llmsurgeon.pipeline.weights.ProcessCache.Work;

class ProcessCacheTest {
  private final ProcessCache cache = new ProcessCache();
  private final List<String> made = new ArrayList<>();
  private final List<String> closed = new ArrayList<>();
  private final List<Object> changes = new ArrayList<>();

  private record Thing(String name, List<String> log) implements AutoCloseable {
    @Override
    public void close() {
      log.add(name);
    }
  }

  private Thing make(String name) {
    made.add(name);
    return new Thing(name, closed);
  }

  private Held<Thing> acquire(Work work, Role role, String name) {
    return cache.acquire(work, role, name, () -> make(name));
  }

  private Held<Thing> corrected(int step, Consumer<Thing> change) {
    return cache.acquire(
        Work.CORRECTION, Role.ADAPTED, new State("a", step), () -> make("a"), change);
  }

  private Held<Thing> corrected(int step) {
    return corrected(step, thing -> changes.add(step));
  }

  @Test
  void tasksOfAStageShareAndItStaysForTheNextOne() {
    Held<Thing> one = acquire(Work.PASS, Role.MODEL, "m");
    Held<Thing> two = acquire(Work.PASS, Role.MODEL, "m");
    assertThat(one.value()).isSameAs(two.value());
    one.close();
    one.close();
    two.close();
    acquire(Work.PASS, Role.MODEL, "m").close();
    assertThat(made).containsExactly("m");
    assertThat(closed).isEmpty();
  }

  @Test
  void eachWorkMakesRoom() {
    acquire(Work.PASS_OF_TWO, Role.DENSE, "d").close();
    acquire(Work.PASS_OF_TWO, Role.MODEL, "m").close();
    assertThat(closed).isEmpty();
    acquire(Work.PASS, Role.MODEL, "m").close();
    assertThat(closed).containsExactly("d");
    corrected(1).close();
    assertThat(closed).containsExactly("d", "m");
    cache.begin(Work.LAYER);
    assertThat(closed).containsExactly("d", "m", "a");
    assertThat(made).containsExactly("d", "m", "a");
  }

  @Test
  void whatIsUsedIsClosedByTheLastThatUsesIt() {
    Held<Thing> one = acquire(Work.PASS, Role.MODEL, "m");
    Held<Thing> two = acquire(Work.PASS, Role.MODEL, "m");
    cache.begin(Work.LAYER);
    one.close();
    assertThat(closed).isEmpty();
    Held<Thing> again = acquire(Work.PASS, Role.MODEL, "m");
    assertThat(again.value()).isNotSameAs(two.value());
    two.close();
    assertThat(closed).containsExactly("m");
    again.close();
    assertThat(closed).containsExactly("m");
  }

  @Test
  void anotherOfTheSameRoleTakesItsPlace() {
    acquire(Work.PASS, Role.MODEL, "m").close();
    acquire(Work.PASS, Role.MODEL, "n").close();
    assertThat(closed).containsExactly("m");
  }

  @Test
  void whatCouldNotBeMadeIsNotHeld() {
    acquire(Work.PASS, Role.MODEL, "m").close();
    assertThatThrownBy(
            () ->
                cache.acquire(
                    Work.PASS,
                    Role.MODEL,
                    "n",
                    () -> {
                      throw new IllegalStateException("no file");
                    }))
        .hasMessage("no file");
    assertThat(closed).as("the memory was made free first").containsExactly("m");
    acquire(Work.PASS, Role.MODEL, "n").close();
    assertThat(made).containsExactly("m", "n");
  }

  @Test
  void aNewStateWaitsForThoseThatUseTheOldOne() throws Exception {
    Held<Thing> one = corrected(1);
    Held<Thing> two = corrected(1);
    CompletableFuture<Held<Thing>> next = CompletableFuture.supplyAsync(() -> corrected(2));
    one.close();
    assertThat(next).isNotDone();
    assertThat(changes).containsExactly(1);
    two.close();
    next.get(10, TimeUnit.SECONDS).close();
    assertThat(changes).containsExactly(1, 2);
    assertThat(made).containsExactly("a");
  }

  @Test
  void aChangeThatFailedIsMadeAgain() {
    assertThatThrownBy(
            () ->
                corrected(
                    1,
                    thing -> {
                      throw new IllegalStateException("damaged");
                    }))
        .hasMessage("damaged");
    corrected(1).close();
    assertThat(changes).containsExactly(1);
    cache.begin(Work.OTHER);
    assertThat(closed).containsExactly("a");
  }

  @Test
  void workThatHasNoUseForARoleCannotAskForIt() {
    assertThatThrownBy(() -> acquire(Work.PASS, Role.DENSE, "d"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("PASS has no use for DENSE");
  }
}
