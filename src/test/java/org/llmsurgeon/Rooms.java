package org.llmsurgeon;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The sub-packages of a package in their order: each may use those before it, and no other.
 *
 * @param root the package
 * @param order its rooms, lowest first; {@code ""} is the package itself
 */
public record Rooms(String root, List<String> order) {
  /** Rooms of a package. */
  public static Rooms of(String root, String... order) {
    return new Rooms(root, List.of(order));
  }

  /** That every class uses rooms before its own only. */
  public ArchRule downwards() {
    return ArchRuleDefinition.classes()
        .that()
        .resideInAPackage(root + "..")
        .should(
            new ArchCondition<JavaClass>("use rooms before their own only") {
              @Override
              public void check(JavaClass each, ConditionEvents events) {
                int own = place(each);
                each.getDirectDependenciesFromSelf().stream()
                    .filter(use -> isInside(use.getTargetClass()))
                    .filter(use -> place(use.getTargetClass()) > own)
                    .forEach(
                        use ->
                            events.add(SimpleConditionEvent.violated(use, use.getDescription())));
              }
            });
  }

  /** Rooms of the package that this order does not name. */
  public Set<String> unnamed(JavaClasses classes) {
    return classes.stream()
        .filter(each -> isInside(each) && !each.getSimpleName().equals("package-info"))
        .map(this::room)
        .filter(room -> !order.contains(room))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean isInside(JavaClass each) {
    return each.getPackageName().equals(root) || each.getPackageName().startsWith(root + ".");
  }

  private String room(JavaClass each) {
    String name = each.getPackageName();
    return name.equals(root) ? "" : name.substring(root.length() + 1).split("\\.")[0];
  }

  private int place(JavaClass each) {
    return order.indexOf(room(each));
  }

  /**
   * Those of some classes that are on the class path.
   *
   * @param classes their full names
   */
  public static List<String> there(String... classes) {
    return Stream.of(classes)
        .filter(
            each ->
                Rooms.class.getClassLoader().getResource(each.replace('.', '/') + ".class") != null)
        .toList();
  }
}
