package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TextTokenizer;

/**
 * Merges are those of the most frequent pairs; Hugging Face's library reads the tokenizer, splits
 * text as it was learnt, and gives any text back.
 */
class BytePairsTest {
  private static final int BASE = 257;

  @TempDir private Path folder;

  @Test
  void theMostFrequentPairIsMergedFirst() {
    // "ab" occurs five times, then "abc" three times, then "xy" twice; nothing else twice.
    BytePairs pairs = BytePairs.learn("abc\nabc\nabc\nab\nab\nxy\nxy\nq", 1000);
    assertThat(pairs.merges()).containsExactly("a b", "ab c", "x y");
    assertThat(pairs.tokens().subList(BASE, BASE + 3)).containsExactly("ab", "abc", "xy");
  }

  @Test
  void equalCountsAreMergedInTheOrderOfTheirSymbols() {
    assertThat(BytePairs.learn("zy\nzy\nba\nba\ncd\ncd", BASE + 2).merges())
        .containsExactly("b a", "c d");
  }

  @Test
  void wordsAreNotMergedAcrossTheirBorders() {
    BytePairs pairs = BytePairs.learn("an apple, an apple, an apple.", 400);
    assertThat(pairs.tokens())
        .contains("\u0120apple", "\u0120an")
        .noneMatch(token -> token.lastIndexOf('\u0120') > 0);
  }

  @Test
  void everyByteHasATokenAndNoTokenComesTwice() {
    BytePairs pairs = BytePairs.learn(new DemoText().text(1, 200), 600);
    assertThat(pairs.tokens()).hasSize(600).contains(BytePairs.END).startsWith(BytePairs.END);
    assertThat(new HashSet<>(pairs.tokens())).hasSize(600);
    assertThat(ByteSymbols.all()).hasSize(256).isSubsetOf(pairs.tokens());
  }

  @Test
  void theLibraryReadsItAndAnyTextComesBack() throws Exception {
    String learnt = new DemoText().text(1, 500);
    BytePairs pairs = BytePairs.learn(learnt, 1024);
    Files.writeString(
        folder.resolve("tokenizer.json"), new ObjectMapper().writeValueAsString(pairs.json()));
    try (TextTokenizer tokenizer = TextTokenizer.open(new LocalStorage(), folder.toString())) {
      int[] ids = tokenizer.encode(learnt, true);
      assertThat(text(pairs, ids)).isEqualTo(learnt);
      assertThat(ids.length).isLessThan(learnt.length() / 4);
      String strange = "Übergröße \u00ad – 日本語 🙂\t\r\n\n  x=1;\u0000é'll  ";
      assertThat(text(pairs, tokenizer.encode(strange, true))).isEqualTo(strange);
      assertThat(tokenizer.encode(" the", true))
          .containsExactly(pairs.tokens().indexOf("\u0120the"));
    }
  }

  @Test
  void aVocabularyWithoutRoomForTheBytesIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> BytePairs.learn("abc", 256));
  }

  private static String text(BytePairs pairs, int[] ids) {
    return ByteSymbols.decode(
        Arrays.stream(ids).mapToObj(pairs.tokens()::get).collect(Collectors.joining()));
  }
}
