package org.llmsurgeon.jobs.demo;

import org.llmsurgeon.jobs.demo.Lexicon.Animal;
import org.llmsurgeon.jobs.demo.Lexicon.Noun;
import org.llmsurgeon.jobs.demo.Lexicon.Trade;

/** Somebody in a story: what never changes, and what the story has made of it so far. */
final class Person {
  /**
   * The facts that the introduction tells and that later sentences need.
   *
   * @param name first name
   * @param woman which pronouns to use
   * @param trade what the person does
   * @param home where the person lives, with its preposition
   * @param goods what the person keeps
   * @param container in what
   * @param colour colour of the container
   */
  record Facts(
      String name,
      boolean woman,
      Trade trade,
      String home,
      Noun goods,
      String container,
      String colour) {}

  /**
   * A person's animal.
   *
   * @param name what it is called
   * @param animal its kind
   * @param colour its colour
   */
  record Pet(String name, Animal animal, String colour) {
    /** For example "the dog Rex". */
    String title() {
      return "the " + animal.name() + " " + name;
    }
  }

  final Facts facts;

  /** The person's animal, or null. */
  final Pet pet;

  /** Where the animal was seen last, or null as long as nobody saw it. */
  String petSpot;

  /** How many of the goods are left. */
  int count;

  Person(Facts facts, Pet pet, int count) {
    this.facts = facts;
    this.pet = pet;
    this.count = count;
  }

  String name() {
    return facts.name();
  }

  /** For example "the baker Anna". */
  String title() {
    return "the " + facts.trade().name() + " " + facts.name();
  }

  /** "she" or "he". */
  String subject() {
    return facts.woman() ? "she" : "he";
  }

  /** "her" or "his". */
  String possessive() {
    return facts.woman() ? "her" : "his";
  }

  /** The goods in the form that agrees with their number, for example "three apples". */
  String counted() {
    return counted(count);
  }

  /** A number of the person's goods, for example "one apple". */
  String counted(int number) {
    return Lexicon.NUMBERS.get(number) + " " + facts.goods().of(number);
  }

  /** For example "green basket". */
  String box() {
    return facts.colour() + " " + facts.container();
  }
}
