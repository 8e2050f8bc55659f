package org.llmsurgeon;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Which classes are open to all packages, and to whom: what no other uses need not be public. */
public final class Doors {
  private Doors() {}

  /**
   * Public classes that no class of another package names; constants, which the compiler copies,
   * what is passed on or written as a lambda, and links of Javadoc do not count.
   *
   * @param classes a program
   * @return their names without the package that all have in common
   */
  public static Set<String> unused(JavaClasses classes) {
    Set<String> used =
        classes.stream()
            .flatMap(each -> each.getDirectDependenciesFromSelf().stream())
            .filter(
                use ->
                    !use.getOriginClass()
                        .getPackageName()
                        .equals(use.getTargetClass().getPackageName()))
            .map(use -> name(use.getTargetClass()))
            .collect(Collectors.toSet());
    return classes.stream()
        .filter(each -> each.isTopLevelClass() && each.getModifiers().contains(JavaModifier.PUBLIC))
        .map(Doors::name)
        .filter(name -> !used.contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** That of the outermost class. */
  private static String name(JavaClass each) {
    JavaClass element = each.getBaseComponentType();
    String root = Doors.class.getPackageName() + ".";
    String name = element.getName().replaceAll("\\$.*", "");
    return name.startsWith(root) ? name.substring(root.length()) : name;
  }
}
