package org.llmsurgeon;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The sub-packages of a package in their order: each may use those before it, and no other.
 *
 * @param root the package
 * @param order its rooms, lowest first; {@code ""} is the package itself
 */
public record Rooms(String root, List<String> order) {
  /** The package of an imported class, or of a class of which a member is imported. */
  private static final Pattern IMPORT =
      Pattern.compile("(?m)^import (?:static )?([a-z0-9_.]+)\\.[A-Z]");

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

  /**
   * Imports that lead upward. Classes do not show all of them: the compiler copies constants, and
   * forgets what only comments name.
   *
   * @param sources folder of the source files, by package
   */
  public List<String> importsUpward(Path sources) throws IOException {
    List<String> upward = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).sorted().toList()) {
        String own = sources.relativize(file).getParent().toString().replace('/', '.');
        if (isInside(own)) {
          IMPORT
              .matcher(Files.readString(file))
              .results()
              .map(found -> found.group(1))
              .filter(used -> isInside(used) && place(used) > place(own))
              .forEach(used -> upward.add(file.getFileName() + " imports of " + used));
        }
      }
    }
    return upward;
  }

  private boolean isInside(JavaClass each) {
    return isInside(each.getPackageName());
  }

  private boolean isInside(String name) {
    return name.equals(root) || name.startsWith(root + ".");
  }

  private String room(JavaClass each) {
    return room(each.getPackageName());
  }

  private String room(String name) {
    return name.equals(root) ? "" : name.substring(root.length() + 1).split("\\.")[0];
  }

  private int place(JavaClass each) {
    return place(each.getPackageName());
  }

  private int place(String name) {
    return order.indexOf(room(name));
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
