package org.llmsurgeon.jobs.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.llmsurgeon.jobs.demo.Lexicon.Noun;
import org.llmsurgeon.jobs.demo.Lexicon.Topic;

/**
 * One story: two people are introduced, then things happen to them. Nearly every sentence needs
 * something that was said earlier (who has which trade, home, animal, how many things are left
 * after the last gift), further back than a model of a few neighbouring words can see.
 */
final class Story {
  private static final int PEOPLE = 2;
  private static final int MOST_GOODS = 9;
  private static final int FEWEST_EVENTS = 5;
  private static final int MOST_EVENTS = 8;

  /** Numbers of the kinds of event in {@link #happen}; a story has each at most once. */
  private static final List<Integer> EVENTS = IntStream.range(0, 16).boxed().toList();

  private final Random random;
  private final List<Person> people = new ArrayList<>();
  private final List<String> sentences = new ArrayList<>();
  private final String weather;
  private final Topic topic;
  private final String relation;

  /**
   * Tells a story.
   *
   * @param random where all choices come from
   */
  Story(Random random) {
    this.random = random;
    weather = pick(Lexicon.WEATHERS);
    topic = pick(Lexicon.TOPICS);
    cast();
    relation = pick(people.get(1).facts.woman() ? Lexicon.SISTERS : Lexicon.BROTHERS);
    open();
    people.forEach(this::introduce);
    int events = FEWEST_EVENTS + random.nextInt(MOST_EVENTS - FEWEST_EVENTS + 1);
    shuffled(EVENTS).subList(0, events).forEach(this::happen);
    close();
  }

  /** Sentences, in order; a line of dialogue with its answer is one. */
  List<String> sentences() {
    return sentences;
  }

  /** Deals out facts so that nobody shares one. */
  private void cast() {
    List<String> women = shuffled(Lexicon.WOMEN);
    List<String> men = shuffled(Lexicon.MEN);
    List<Lexicon.Trade> trades = shuffled(Lexicon.TRADES);
    List<String> homes = shuffled(Lexicon.HOMES);
    List<Noun> goods = shuffled(topic.goods());
    List<String> containers = shuffled(Lexicon.CONTAINERS);
    List<String> boxColours = shuffled(Lexicon.COLOURS);
    List<String> petColours = shuffled(Lexicon.COATS);
    List<Lexicon.Animal> animals = shuffled(Lexicon.ANIMALS);
    List<String> petNames = shuffled(Lexicon.PETS);
    for (int i = 0; i < PEOPLE; i++) {
      boolean woman = random.nextBoolean();
      Person.Facts facts =
          new Person.Facts(
              (woman ? women : men).get(i),
              woman,
              trades.get(i),
              homes.get(i),
              goods.get(i),
              containers.get(i),
              boxColours.get(i));
      Person.Pet pet =
          i == 0 || random.nextBoolean()
              ? new Person.Pet(petNames.get(i), animals.get(i), petColours.get(i))
              : null;
      people.add(new Person(facts, pet, 2 + random.nextInt(MOST_GOODS - 2)));
    }
  }

  private void open() {
    switch (random.nextInt(3)) {
      case 0 -> say("It was a " + weather + " day " + topic.where() + ".");
      case 1 -> say("One " + weather + " day, people met " + topic.where() + ".");
      default -> say("The day was " + weather + ", and the " + topic.place() + " was full.");
    }
  }

  private void introduce(Person person) {
    String home = person.facts.home();
    if (person == people.get(1)) {
      String her = people.get(0).possessive();
      say(her + " " + relation + ", " + person.title() + ", lived " + home + ".");
    } else {
      say(person.title() + " lived " + home + ".");
    }
    if (person.pet != null) {
      String had = person.subject() + " had a " + person.pet.colour() + " animal, ";
      say(had + person.pet.title() + ".");
    }
    say(person.subject() + " kept " + person.counted() + " in a " + person.box() + ".");
  }

  private void happen(int event) {
    Person one = pick(people);
    Person other = someoneElse(one);
    switch (event) {
      case 0 -> give(one, other);
      case 1 -> find(one);
      case 2 -> count(one);
      case 3 -> askHowMany(one, other);
      case 4, 5 -> movePet(one);
      case 6 -> askWhere(one, other);
      case 7 -> hearPet(one, other);
      case 8 -> work(one);
      case 9 -> recall(one);
      case 10 -> visit(one, other);
      case 11 -> show(one, other);
      case 12 -> describe(one);
      case 13 -> askHelp();
      case 14 -> askWho(one);
      default -> rhyme(one, other);
    }
  }

  private void work(Person person) {
    String start = pick(Lexicon.TIMES) + ", " + called(person) + " ";
    say(start + person.facts.trade().deed() + ".");
  }

  private void give(Person giver, Person receiver) {
    if (giver.count < 2) {
      find(giver);
      return;
    }
    int gift = 1 + random.nextInt(Math.min(3, giver.count - 1));
    giver.count -= gift;
    String start = called(giver) + " gave " + called(receiver) + " " + giver.counted(gift);
    say(start + " and had " + Lexicon.NUMBERS.get(giver.count) + " left.");
  }

  private void find(Person person) {
    int more = 1 + random.nextInt(3);
    if (person.count + more > MOST_GOODS) {
      count(person);
      return;
    }
    person.count += more;
    String start = called(person) + " found " + Lexicon.NUMBERS.get(more) + " more ";
    String now = ", so now " + person.subject() + " had ";
    say(start + person.facts.goods().of(more) + now + Lexicon.NUMBERS.get(person.count) + ".");
  }

  private void count(Person person) {
    String list = String.join(", ", Lexicon.NUMBERS.subList(1, person.count + 1));
    String start = called(person) + " opened the " + person.box() + " and counted the ";
    say(start + person.facts.goods().many() + ": " + list + ".");
  }

  private void askHowMany(Person owner, Person asking) {
    String question = "\"How many " + owner.facts.goods().many() + " do you have?\" asked ";
    String answer = ". \"I have " + owner.counted() + ",\" said ";
    say(question + called(asking) + answer + called(owner) + ".");
  }

  private void movePet(Person owner) {
    if (owner.pet == null) {
      recall(owner);
      return;
    }
    owner.petSpot = pick(Lexicon.SPOTS);
    if (random.nextBoolean()) {
      say(owner.pet.title() + " hid " + owner.petSpot + ".");
    } else {
      say(called(owner) + " saw " + owner.pet.title() + " " + owner.petSpot + ".");
    }
  }

  private void askWhere(Person owner, Person answering) {
    if (owner.petSpot == null) {
      movePet(owner);
      return;
    }
    String question = "\"Where is " + owner.pet.title() + "?\" asked " + called(owner);
    String answer = ". \"Your " + owner.pet.animal().name() + " is " + owner.petSpot + ",\" said ";
    say(question + answer + called(answering) + ".");
  }

  private void hearPet(Person owner, Person other) {
    if (owner.pet == null) {
      show(owner, other);
      return;
    }
    String voice = owner.pet.animal().voice();
    if (random.nextBoolean()) {
      say(owner.pet.title() + " " + voice + " at " + called(other) + ".");
    } else {
      String animal = owner.pet.colour() + " " + owner.pet.animal().name();
      say("The " + animal + " " + voice + ", and " + owner.name() + " laughed.");
    }
  }

  private void recall(Person person) {
    switch (random.nextInt(3)) {
      case 0 -> say("The " + person.facts.trade().name() + " lived " + person.facts.home() + ".");
      case 1 -> say("Nobody " + topic.where() + " worked as hard as " + person.title() + ".");
      default -> say("Nobody but " + person.name() + " lived " + person.facts.home() + ".");
    }
  }

  private void visit(Person guest, Person host) {
    String start = pick(Lexicon.TIMES) + ", " + called(guest);
    if (random.nextBoolean()) {
      say(start + " went to see " + called(host) + " " + host.facts.home() + ".");
    } else {
      say(start + " walked home " + guest.facts.home() + ".");
    }
  }

  private void show(Person person, Person other) {
    String start = called(person) + " showed " + called(other) + " " + person.possessive() + " ";
    say(start + person.box() + ", and " + other.subject() + " liked it.");
  }

  private void describe(Person person) {
    String goods = person.facts.goods().many();
    String quality = pick(Lexicon.QUALITIES);
    if (random.nextBoolean()) {
      say("The " + goods + " in the " + person.box() + " were " + quality + ".");
    } else {
      say("The " + person.box() + " with the " + goods + " was " + quality + ".");
    }
  }

  private void askHelp() {
    Person one = people.get(0);
    Person two = people.get(1);
    String start = called(one) + " asked " + one.possessive() + " " + relation + " for help, and ";
    say(start + two.title() + " came.");
  }

  private void askWho(Person person) {
    String question =
        switch (random.nextInt(3)) {
          case 0 -> "Who was the " + person.facts.trade().name();
          case 1 -> "Who had the " + person.box();
          default -> "Who lived " + person.facts.home();
        };
    say(question + "? It was " + person.name() + ".");
  }

  private void rhyme(Person first, Person second) {
    say(line("I", first) + " " + line("And I", second));
  }

  /** One line of a song, its two words rhyming. */
  private String line(String start, Person singer) {
    List<String> words = shuffled(pick(Lexicon.RHYMES));
    String sung = start + " saw a " + words.get(0) + " and then a " + words.get(1);
    return "\"" + sung + ",\" sang " + called(singer) + ".";
  }

  private void close() {
    String both = people.get(0).name() + " and " + people.get(1).name();
    say("So the " + weather + " day ended, and " + both + " left the " + topic.place() + ".");
  }

  private void say(String sentence) {
    sentences.add(capital(sentence));
  }

  /** A person's name, with or without the trade. */
  private String called(Person person) {
    return random.nextBoolean() ? person.name() : person.title();
  }

  private Person someoneElse(Person one) {
    return pick(people.stream().filter(each -> each != one).toList());
  }

  private <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private <T> List<T> shuffled(List<T> choices) {
    List<T> shuffled = new ArrayList<>(choices);
    Collections.shuffle(shuffled, random);
    return shuffled;
  }

  private static String capital(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }
}
