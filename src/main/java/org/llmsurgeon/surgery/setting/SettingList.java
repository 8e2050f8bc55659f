package org.llmsurgeon.surgery.setting;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Options in the order in which they are described. */
public final class SettingList {
  private final List<Setting<?>> options = new ArrayList<>();

  /** Takes an option up, and gives it back. */
  public <T> Setting<T> add(Setting<T> option) {
    options.add(option);
    return option;
  }

  /** All that were taken up. */
  public List<Setting<?>> all() {
    return Collections.unmodifiableList(options);
  }
}
