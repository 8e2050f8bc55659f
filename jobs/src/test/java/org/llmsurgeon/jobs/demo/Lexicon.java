package org.llmsurgeon.jobs.demo;

import java.util.List;
import java.util.stream.Stream;

/** The words of the demo's stories. */
final class Lexicon {
  /**
   * Something that can be counted.
   *
   * @param one its singular
   * @param many its plural
   */
  record Noun(String one, String many) {
    /** The form that agrees with a number. */
    String of(int count) {
      return count == 1 ? one : many;
    }
  }

  /**
   * Where a story happens.
   *
   * @param preposition "at", "in" or "on"
   * @param place the place, after "the"
   * @param goods what is to be had there
   */
  record Topic(String preposition, String place, List<Noun> goods) {
    /** For example "at the market". */
    String where() {
      return preposition + " the " + place;
    }
  }

  /**
   * A trade.
   *
   * @param name who does it, after "a"
   * @param deed what such a person does all day, in the past tense
   */
  record Trade(String name, String deed) {}

  /**
   * A kind of animal.
   *
   * @param name its name, after an adjective
   * @param voice what it does when it is heard, in the past tense
   */
  record Animal(String name, String voice) {}

  static final List<String> WOMEN = words("Anna Clara Emma Lucy Mary Ruth");
  static final List<String> MEN = words("Adam Ben David Leo Paul Tom");
  static final List<String> PETS = words("Rex Bella Coco Felix Milo Ruby");
  static final List<String> COLOURS = words("red blue green white black yellow");
  static final List<String> COATS = words("white black brown grey");
  static final List<String> CONTAINERS = words("basket box bag bucket");
  static final List<String> WEATHERS = words("cold warm windy rainy");
  static final List<String> QUALITIES = words("fresh heavy old new");
  static final List<String> SISTERS = words("sister aunt friend cousin");
  static final List<String> BROTHERS = words("brother uncle friend cousin");

  static final List<String> NUMBERS =
      words("zero one two three four five six seven eight nine ten eleven twelve");

  static final List<String> TIMES =
      List.of("In the morning", "At noon", "A little later", "Before sunset");

  static final List<String> HOMES =
      List.of(
          "near the mill",
          "behind the church",
          "by the river",
          "across the bridge",
          "on the hill",
          "under the tower");

  static final List<String> SPOTS =
      List.of("under the table", "behind the door", "on the roof", "in the barn");

  static final List<List<String>> RHYMES =
      List.of(
          words("cat hat mat"),
          words("mouse house"),
          words("bee tree sea"),
          words("moon spoon"),
          words("boat goat coat"),
          words("bell well shell"));

  static final List<Topic> TOPICS =
      List.of(
          topic("at", "market", "apple", "pear", "plum", "cake"),
          topic("at", "harbour", "shell", "rope", "barrel", "crab"),
          topic("on", "farm", "egg", "pumpkin", "carrot", "melon"),
          topic("at", "school", "book", "pencil", "map", "letter"),
          topic("in", "workshop", "nail", "hammer", "wheel", "key"),
          topic("in", "garden", "rose", "tulip", "onion", "bean"));

  static final List<Trade> TRADES =
      List.of(
          new Trade("baker", "baked bread"),
          new Trade("farmer", "ploughed the fields"),
          new Trade("sailor", "mended the sails"),
          new Trade("teacher", "taught the children"),
          new Trade("smith", "hammered iron"),
          new Trade("tailor", "sewed coats"),
          new Trade("painter", "painted walls"),
          new Trade("doctor", "visited the sick"));

  static final List<Animal> ANIMALS =
      List.of(
          new Animal("dog", "barked"),
          new Animal("cat", "purred"),
          new Animal("horse", "neighed"),
          new Animal("goat", "bleated"),
          new Animal("goose", "honked"),
          new Animal("owl", "hooted"));

  private Lexicon() {}

  private static Topic topic(String preposition, String place, String... goods) {
    List<Noun> nouns = Stream.of(goods).map(each -> new Noun(each, each + "s")).toList();
    return new Topic(preposition, place, nouns);
  }

  private static List<String> words(String joined) {
    return List.of(joined.split(" "));
  }
}
