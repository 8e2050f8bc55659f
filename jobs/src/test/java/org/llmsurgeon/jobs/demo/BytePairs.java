package org.llmsurgeon.jobs.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A byte-level byte-pair tokenizer (Sennrich et al. 2016, over bytes as in GPT-2) learnt from a
 * text. Words are split by GPT-2's expression; the pair of neighbouring symbols that occurs most
 * often is merged, again and again, equal counts in the order of the symbols. As every byte has a
 * token, any text comes back from its tokens as it was.
 *
 * @param tokens the vocabulary in the order of its ids: the end of a text, the 256 bytes, the
 *     merged symbols
 * @param merges the merges in their order, each as "left right"
 */
record BytePairs(List<String> tokens, List<String> merges) {
  /** The one special token; its id is 0. */
  static final String END = "<|endoftext|>";

  private static final int FEWEST_OCCURRENCES = 2;

  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");

  /**
   * Two neighbouring symbols.
   *
   * @param left the first
   * @param right the second
   */
  private record Pair(String left, String right) {
    static final Comparator<Pair> ORDER =
        Comparator.comparing(Pair::left).thenComparing(Pair::right);
  }

  /**
   * A distinct word of the text.
   *
   * @param symbols what it is made of so far
   * @param count how often it occurs
   */
  private record Word(List<String> symbols, int count) {}

  /**
   * Learns a vocabulary.
   *
   * @param text what to learn from
   * @param size most tokens; fewer where no pair occurs twice any more
   */
  static BytePairs learn(String text, int size) {
    List<String> tokens = new ArrayList<>(List.of(END));
    tokens.addAll(ByteSymbols.all());
    if (size < tokens.size()) {
      throw new IllegalArgumentException(
          size + " tokens are less than the " + tokens.size() + " that every vocabulary has");
    }
    List<String> merges = new ArrayList<>();
    List<Word> words = words(text);
    while (tokens.size() < size) {
      Pair best = mostFrequent(words);
      if (best == null) {
        break;
      }
      words.forEach(word -> merge(word.symbols(), best));
      tokens.add(best.left() + best.right());
      merges.add(best.left() + " " + best.right());
    }
    return new BytePairs(List.copyOf(tokens), List.copyOf(merges));
  }

  /** The content of {@code tokenizer.json}. */
  ObjectNode json() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    ObjectNode end = json.putArray("added_tokens").addObject();
    end.put("id", 0).put("content", END).put("single_word", false).put("lstrip", false);
    end.put("rstrip", false).put("normalized", false).put("special", true);
    json.putNull("normalizer");
    byteLevel(json.putObject("pre_tokenizer"));
    json.putNull("post_processor");
    byteLevel(json.putObject("decoder"));
    ObjectNode model = json.putObject("model");
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false);
    ObjectNode ids = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      ids.put(tokens.get(id), id);
    }
    ArrayNode list = model.putArray("merges");
    merges.forEach(list::add);
    return json;
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel").put("add_prefix_space", false);
    node.put("trim_offsets", true).put("use_regex", true);
  }

  private static List<Word> words(String text) {
    Map<String, Integer> counts = new TreeMap<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      counts.merge(matcher.group(), 1, Integer::sum);
    }
    List<Word> words = new ArrayList<>();
    counts.forEach(
        (word, count) ->
            words.add(
                new Word(new ArrayList<>(List.of(ByteSymbols.encode(word).split(""))), count)));
    return words;
  }

  private static Pair mostFrequent(List<Word> words) {
    Map<Pair, Integer> counts = new HashMap<>();
    for (Word word : words) {
      List<String> symbols = word.symbols();
      for (int i = 1; i < symbols.size(); i++) {
        counts.merge(new Pair(symbols.get(i - 1), symbols.get(i)), word.count(), Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .filter(each -> each.getValue() >= FEWEST_OCCURRENCES)
        .min(
            Map.Entry.<Pair, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry::getKey, Pair.ORDER))
        .map(Map.Entry::getKey)
        .orElse(null);
  }

  private static void merge(List<String> symbols, Pair pair) {
    for (int i = 0; i + 1 < symbols.size(); i++) {
      if (symbols.get(i).equals(pair.left()) && symbols.get(i + 1).equals(pair.right())) {
        symbols.set(i, pair.left() + pair.right());
        symbols.remove(i + 1);
      }
    }
  }
}
