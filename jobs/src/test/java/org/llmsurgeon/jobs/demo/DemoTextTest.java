package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A text depends on its seed alone; streams share no story; what a story says late agrees with what
 * it said early.
 */
class DemoTextTest {
  private static final Pattern TITLE = Pattern.compile("[Tt]he ([a-z]+) ([A-Z][a-z]+)");
  private static final Pattern QUESTION = Pattern.compile("Who was the (\\w+)\\? It was (\\w+)\\.");
  private static final Pattern FOUND =
      Pattern.compile("found (\\w+) more (\\w+), so now s?he had (\\w+)\\.");

  private final String text = new DemoText().text(7, 4000);

  @Test
  void theSameSeedTellsTheSameStories() {
    assertThat(new DemoText().text(7, 4000)).isEqualTo(text);
    assertThat(new DemoText().text(7, 100)).isEqualTo(start(text, new DemoText().text(7, 100)));
  }

  @Test
  void streamsShareNoStory() {
    Set<String> others = new HashSet<>(stories(new DemoText().text(8, 4000)));
    assertThat(stories(text)).hasSizeGreaterThan(150).noneMatch(others::contains);
  }

  @Test
  void everybodyKeepsTradeOrKindThroughoutAStory() {
    for (String story : stories(text)) {
      Matcher titles = TITLE.matcher(story);
      Set<String> names = new HashSet<>();
      Set<String> named = new HashSet<>();
      while (titles.find()) {
        names.add(titles.group(2));
        named.add(titles.group(1) + titles.group(2));
      }
      assertThat(named).as(story).hasSameSizeAs(names);
    }
  }

  @Test
  void whoIsAskedForIsWhoWasIntroduced() {
    int asked = 0;
    for (String story : stories(text)) {
      Matcher question = QUESTION.matcher(story);
      while (question.find()) {
        asked++;
        assertThat(story).contains("he " + question.group(1) + " " + question.group(2));
      }
    }
    assertThat(asked).isGreaterThan(20);
  }

  @Test
  void sumsAreRight() {
    int found = 0;
    for (String story : stories(text)) {
      Matcher sum = FOUND.matcher(story);
      while (sum.find()) {
        found++;
        int now = Lexicon.NUMBERS.indexOf(sum.group(3));
        int before = now - Lexicon.NUMBERS.indexOf(sum.group(1));
        String goods = sum.group(2).replaceFirst("s$", "");
        assertThat(lastCount(story.substring(0, sum.start()), goods)).as(story).isEqualTo(before);
      }
    }
    assertThat(found).isGreaterThan(50);
  }

  @Test
  void sentencesAgreeInNumberAndBeginWithACapital() {
    assertThat(text).doesNotContainPattern("\\bone \\w+s (in|left|,)");
    assertThat(text).doesNotContainPattern("\\b(two|three|nine) [a-z]+[^s\\W] in a");
    for (String story : stories(text)) {
      assertThat(story).matches("[A-Z].*\\.").doesNotContain("  ").doesNotContain("null");
    }
  }

  @Test
  void theVocabularyIsAFewHundredWords() {
    Set<String> words = new HashSet<>(List.of(text.toLowerCase().split("[^a-z]+")));
    assertThat(words).hasSizeBetween(200, 400);
  }

  @Test
  void noSentencesAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new DemoText().text(1, 0));
  }

  /** The number that was last told of some goods: what was kept, left after a gift, or found. */
  private static int lastCount(String told, String goods) {
    String number = "(" + String.join("|", Lexicon.NUMBERS) + ")";
    Pattern counts =
        Pattern.compile(
            "kept "
                + number
                + " "
                + goods
                + "s?\\b"
                + "|gave [^.]*? "
                + number
                + " "
                + goods
                + "s? and had "
                + number
                + " left"
                + "|more "
                + goods
                + "s?, so now s?he had "
                + number);
    int last = -1;
    Matcher matcher = counts.matcher(told);
    while (matcher.find()) {
      String word =
          matcher.group(1) != null
              ? matcher.group(1)
              : matcher.group(3) != null ? matcher.group(3) : matcher.group(4);
      last = Lexicon.NUMBERS.indexOf(word);
    }
    return last;
  }

  private static String start(String whole, String part) {
    return whole.substring(0, part.length() - 1) + "\n";
  }

  private static List<String> stories(String text) {
    return Arrays.asList(text.strip().split("\n\n"));
  }
}
