package org.llmsurgeon.model.fields;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What somebody who writes a smaller form of an architecture has to know of its {@code config.json}
 * and its classes in the transformers library; all else follows from the network.
 *
 * @param base what names of its classes begin with, for example {@code Llama}
 * @param task what the name of its class ends with, for example {@code ForCausalLM}
 * @param auto the class that finds its class
 * @param sizes fields of heads and neurons
 * @param traits what is its own besides
 */
public record Written(
    String base, String task, String auto, BlockFields.Names sizes, Set<Trait> traits) {
  private static final String MODEL = "Model";

  /** What not all architectures have. */
  public enum Trait {
    /** Its code derives the width of a head, or of its rotated part, from the number of heads. */
    WHOLE_HEADS,
    /** Its blocks are Llama's, which Llama-Nemotron models and llama.cpp know. */
    LLAMA_BLOCKS,
    /** The width of an expert has a field of its own, beside that of all neurons. */
    OWN_EXPERT_WIDTH,
    /** The number of experts is called {@code num_local_experts}. */
    LOCAL_EXPERTS,
    /** It is the text's part of a model that reads more, whose classes are called so. */
    TEXT_PART
  }

  /**
   * What holds by transformers' customs.
   *
   * @param architecture name of a class
   */
  public static Written of(String architecture) {
    int end = architecture.indexOf("For");
    int task = end < 0 ? architecture.length() - MODEL.length() : end;
    String ending = architecture.substring(task);
    return new Written(
        architecture.substring(0, task),
        ending,
        "Auto" + MODEL + (end < 0 ? "" : ending),
        new BlockFields.Names("num_attention_heads", "num_key_value_heads", "intermediate_size"),
        Set.of());
  }

  /** The same with a class that has another end, and is found by another class. */
  public Written called(String ending, String finder) {
    String name = base + task;
    String start = name.substring(0, name.length() - ending.length());
    return new Written(start, ending, finder, sizes, traits);
  }

  /** The same with other fields of heads and neurons. */
  public Written sized(BlockFields.Names other) {
    return new Written(base, task, auto, other, traits);
  }

  /** The same with something of its own. */
  public Written with(Trait... own) {
    Set<Trait> all = EnumSet.copyOf(List.of(own));
    all.addAll(traits);
    return new Written(base, task, auto, sizes, all);
  }

  /** Whether something is its own. */
  public boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /** Name of its class. */
  public String architecture() {
    return base + task;
  }

  /** Name of the class of everything but the head. */
  public String body() {
    return base + (has(Trait.TEXT_PART) ? "Text" : "") + MODEL;
  }
}
