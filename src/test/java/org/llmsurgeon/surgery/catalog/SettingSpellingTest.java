package org.llmsurgeon.surgery.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.setting.Setting;

/** What an option decides and reads is said where it is described. */
class SettingSpellingTest {
  @Test
  void everyOptionSaysWhatItDecidesAndReadsWhatItShows() {
    Recipe defaults = Recipe.defaults();
    for (Setting<?> each : RecipeSettings.ALL) {
      assertThat(each.description()).as(each.name()).contains(" Default: ").endsWith(".");
      Object shown = defaults.options().get(each.name());
      assertThat(shown == null || each.read(shown) != null).as(each.name()).isTrue();
    }
    assertThat(RecipeSettings.ALL).extracting(Setting::name).doesNotHaveDuplicates();
  }
}
