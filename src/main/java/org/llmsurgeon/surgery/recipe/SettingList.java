package org.llmsurgeon.surgery.recipe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Options in the order in which they are described. */
final class SettingList {
  private final List<Setting<?>> options = new ArrayList<>();

  /** Takes an option up, and gives it back. */
  <T> Setting<T> add(Setting<T> option) {
    options.add(option);
    return option;
  }

  /** All that were taken up. */
  List<Setting<?>> all() {
    return Collections.unmodifiableList(options);
  }
}
