package org.llmsurgeon.jobs;

import java.util.Optional;
import org.llmsurgeon.pruning.structure.Units;
import org.llmsurgeon.pruning.structure.WidthRule;
import org.llmsurgeon.surgery.recipe.CorrectionRule;
import org.llmsurgeon.surgery.recipe.CurvatureRule;
import org.llmsurgeon.surgery.recipe.ElementRule;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.Recipe.CalibrationText;
import org.llmsurgeon.surgery.recipe.Recipe.SelectionRule;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Everything that a run can be told, once: an option {@code --name} of each command that uses it,
 * and a key {@code name} of a recipe file.
 */
enum Setting {
  MODEL("model", Form.TEXT, "DIR", "Hugging Face folder of the model."),
  CALIBRATION(
      "calibration",
      Form.LIST,
      "FILE",
      "Calibration data: text (.txt and anything unknown), JSON lines with a field 'text' (.jsonl,"
          + " .json), both also with gzip (.gz), Parquet with a column 'text' (.parquet), or token"
          + " windows (.safetensors with an int32 tensor 'calibration', .arrow); files, folders or"
          + " patterns ('data/*.jsonl')."),
  TEST(
      "test",
      Form.LIST,
      "FILE",
      "Test data for the perplexity, in the same forms (the tensor is named 'test')."),
  OUTPUT("output", Form.TEXT, "PATH", "Model folder, folder of tables, or .safetensors file."),
  PRESET(
      "preset",
      Form.TEXT,
      "NAME",
      "Defaults for a purpose; options win over it: paper (rows and columns of each matrix,"
          + " additive update, 40 shots), best (all units), loadable (neurons, heads and groups),"
          + " hardware (loadable, with neurons left in multiples of 64).",
      "none"),
  STRUCTURES(
      "structures",
      Form.TEXT,
      "KIND",
      "What may be removed: units for what goes together across matrices, or as in the paper row,"
          + " column, or row,column for both in one ordering; element for single weights; N:M, as"
          + " 2:4, for groups of M inputs of which N stay."),
  UNITS(
      "units",
      Form.TEXT,
      "KINDS",
      "Which units may go, with --structures units; kinds joined by commas.",
      Units.LOADABLE.unitNames()
          + "; where --structures units is given "
          + Units.DEFAULT.unitNames()),
  SELECTION(
      "selection",
      Form.TEXT,
      "KIND",
      "How a shot chooses: single (each structure as if it went alone), rounds (all matrices"
          + " together, several times), or paths (each group of matrices orders its own units).",
      "paths for units, single for rows and columns"),
  PATH_STEP(
      "path-step",
      Form.TEXT,
      "SHARE",
      "Share of a group's weights that goes in one local round of a path."),
  ROUNDS(
      "rounds",
      Form.TEXT,
      "N",
      "Rounds of a shot on the same factors, with --selection rounds, or --structures element or"
          + " N:M.",
      SelectionRule.DEFAULT_ROUNDS + " with --selection rounds, else 1"),
  ROUND_TO(
      "round-to",
      Form.TEXT,
      "N|KIND=N,...",
      "The neurons left in an MLP are a multiple of this wherever some went; 1 for any number. Or a"
          + " number for each kind, as neuron=64,head=2,group=1. The report says what that costs."),
  TENSOR_PARALLEL(
      WidthRule.PARALLEL,
      Form.TEXT,
      "N",
      "Neurons, heads and key/value heads left of every layer are multiples of this, as 2, 4 or 8,"
          + " so that so many machines can share it evenly."),
  ONE_WIDTH(
      WidthRule.ONE_WIDTH,
      Form.SWITCH,
      "",
      "All MLPs keep the same number of neurons, all attentions the same heads: what a plain"
          + " config.json can say. Where key/value heads are shared, heads then go in whole groups"
          + " only. Default: no."),
  SPARSITY(
      "sparsity",
      Form.TEXT,
      "SHARE",
      "Share that is gone at the end; never passed. Of the weights of the linear layers inside"
          + " blocks, unless --target-of names something else."),
  TARGET_OF(
      "target-of",
      Form.TEXT,
      "QUANTITY",
      "What --sparsity is a share of: weights (of the linear layers inside blocks), parameters (all"
          + " of the model), bytes (of all parameters as stored), or multiply-adds (per token, of"
          + " linear layers and head)."),
  SHOTS(
      "shots",
      Form.TEXT,
      "N",
      "Rounds of measuring and cutting; each removes an equal share. With auto each is as large as"
          + " the last one's prediction of the loss was good."),
  MAX_SHOTS(
      "max-shots",
      Form.TEXT,
      "N",
      "The most shots, with --shots auto.",
      String.valueOf(Recipe.Pace.MOST)),
  SCHEDULE(
      "schedule",
      Form.TEXT,
      "NAME",
      "How large the shots are: linear (equal steps), cosine (small at both ends), or cubic (large"
          + " first)."),
  TARGETS(
      "targets",
      Form.TEXT,
      "SHARES",
      "What is to be gone after each shot, as 0.1,0.2,0.35,0.5; takes the place of --shots,"
          + " --sparsity and --schedule.",
      "none"),
  SAVE_AT(
      "save-at",
      Form.TEXT,
      "SHARES",
      "Shares on the way at which the model is kept, as 0.1,0.2,0.3: a finished folder at-0.10 and"
          + " so on inside the output, with its perplexity. Where no shot would end at one, there"
          + " is a shot more that does.",
      "none"),
  THRESHOLD(
      "threshold",
      Form.TEXT,
      "KIND",
      "global: one threshold over all layers; layer: every layer reaches the sparsity on its own,"
          + " with --structures units every attention and every MLP."),
  INCLUDE(
      "include",
      Form.LIST,
      "PATTERN",
      "Layers that may be pruned: parts of module names, as q_proj, mlp, layers.[0-4] or"
          + " layers.*.up_proj. --sparsity is a share of their weights. Embeddings and the head are"
          + " never pruned.",
      "all"),
  EXCLUDE(
      "exclude", Form.LIST, "PATTERN", "Layers that stay as they are, as with --include.", "none"),
  LIMIT(
      "limit",
      Form.LIST,
      "PATTERN=SHARE",
      "The most that may be gone of each layer that a pattern names, as q_proj=0.3.",
      "none"),
  CURVATURE(
      "curvature",
      Form.TEXT,
      "KIND",
      "Curvature of the loss: kfac (activations and gradients), nearest-kronecker (the product"
          + " nearest to the Fisher, by power iteration), kronecker-sum (several products),"
          + " ekfac (kfac with eigenvalues corrected in a second pass), activations, or identity."),
  CURVATURE_PASSES(
      "curvature-passes",
      Form.TEXT,
      "N",
      "Steps of the power iteration in each shot, with nearest-kronecker, and for each product of"
          + " kronecker-sum: two passes over the data each; it goes on from the last shot's"
          + " factors.",
      String.valueOf(CurvatureRule.DEFAULT_PASSES)),
  CURVATURE_RANK(
      "curvature-rank",
      Form.TEXT,
      "N",
      "Products of kronecker-sum. Costs are those of the first two, updates those of all.",
      String.valueOf(CurvatureRule.DEFAULT_RANK)),
  FISHER(
      "fisher",
      Form.TEXT,
      "KIND",
      "Whose losses the gradients are of: empirical (the text's own next tokens), sampled (tokens"
          + " drawn from the model as it is), or kl (tokens drawn from the dense model)."),
  FISHER_SAMPLES(
      "fisher-samples",
      Form.TEXT,
      "K",
      "Tokens drawn for each position, with a backward pass for each; G is the mean over them.",
      "1"),
  DIAGONAL(
      "diagonal",
      Form.SWITCH,
      "",
      "Costs from the diagonals only, and nothing makes up for what goes (OBD)."),
  UPDATE(
      "update",
      Form.TEXT,
      "KIND",
      "How the weights that stay make up for those that go: joint (the exact optimum), additive"
          + " (the authors': row and column updates summed), independent, or none."),
  SEQUENCES("sequences", Form.TEXT, "N", "Windows drawn from calibration text."),
  CONTEXT(
      "context",
      Form.TEXT,
      "N",
      "Tokens of a window cut from text.",
      "the model's positions, at most " + CalibrationText.MOST_CONTEXT),
  SEED("seed", Form.TEXT, "N", "Seed of the draw of windows."),
  FRESH_CALIBRATION(
      "fresh-calibration",
      Form.SWITCH,
      "",
      "Every shot draws new windows from the calibration text. Default: no."),
  DAMP_G(
      "damp-g",
      Form.TEXT,
      "X",
      "Damping of G, as a share of its mean diagonal; for units at least outputs / tokens.",
      Recipe.defaults().damping().g()
          + "; "
          + ElementRule.DAMPING_G
          + " with --structures element or N:M"),
  DAMP_A("damp-a", Form.TEXT, "X", "Damping of A, as a share of its mean diagonal."),
  ELEMENT_UPDATE(
      "element-update",
      Form.TEXT,
      "KIND",
      "How the rest makes up for single weights and N:M groups: full (all of a layer jointly, by"
          + " conjugate gradients) or grouped (the authors').",
      "full"),
  MAX_CORRELATE(
      "max-correlate",
      Form.TEXT,
      "N",
      "Removed weights of a group at most, with --element-update grouped.",
      String.valueOf(ElementRule.MOST_CORRELATED)),
  ADD_UPDATE(
      "add-update",
      Form.SWITCH,
      "",
      "A group sees the updates of the groups before it, with --element-update grouped. Default:"
          + " yes."),
  KEEP_BIAS(
      "keep-bias",
      Form.SWITCH,
      "",
      "Biases are never removed, with --structures element. Default: no."),
  INDEPENDENT(
      "independent",
      Form.SWITCH,
      "",
      "An N:M group costs the sum over its weights, as in the paper, not their joint cost. Default:"
          + " no."),
  SKIP_UNFIT(
      "skip-unfit",
      Form.SWITCH,
      "",
      "Layers whose width the groups of N:M do not divide stay dense; else they are refused."
          + " Default: no."),
  RECONSTRUCT(
      "reconstruct",
      Form.SWITCH,
      "",
      "After the last shot the kept weights of each layer are refitted to the dense layer's outputs"
          + " by least squares, block by block; a block's refits are kept only if the loss on the"
          + " calibration data falls. Default: no."),
  CORRECT(
      "correct",
      Form.TEXT,
      "LOSS",
      "First-order correction after each shot by low-rank adapters, merged under the mask of what"
          + " is gone: cross-entropy (of the calibration data), distill (divergence from the dense"
          + " model), or none."),
  RANK(
      "rank",
      Form.TEXT,
      "N",
      "Rank of the adapters, with --correct.",
      String.valueOf(CorrectionRule.DEFAULT.rank())),
  CORRECT_RATE(
      "correct-rate",
      Form.TEXT,
      "X",
      "Learning rate of the adapters, as a share of the size of a layer's weights; falls linearly"
          + " to 0. With --correct.",
      String.valueOf(CorrectionRule.DEFAULT.rate())),
  CORRECT_BATCH(
      "correct-batch",
      Form.TEXT,
      "N",
      "Windows of one step, with --correct.",
      String.valueOf(CorrectionRule.DEFAULT.batch())),
  CORRECT_SHARE(
      "correct-share",
      Form.TEXT,
      "SHARE",
      "Share of the calibration windows that is drawn for a correction between shots.",
      String.valueOf(CorrectionRule.DEFAULT.amount().share())),
  CORRECT_EPOCHS(
      "correct-epochs",
      Form.TEXT,
      "N",
      "Times that this share is read after each shot but the last.",
      String.valueOf(CorrectionRule.DEFAULT.amount().epochs())),
  FINAL_EPOCHS(
      "final-epochs",
      Form.TEXT,
      "N",
      "Times that all calibration windows are read after the last shot, with --correct.",
      String.valueOf(CorrectionRule.DEFAULT.amount().finalEpochs())),
  SHARDS(
      "shards",
      Form.TEXT,
      "N",
      "Groups of windows that are summed as one, whatever the number of machines; 0 for one per"
          + " eight windows."),
  RUN(
      "run",
      Form.TEXT,
      "DIR",
      "Where the state of the run is kept, so that it can go on after a stop; removed at the end.",
      "<output>/.surgeon-run"),
  EXPORT("export", Form.TEXT, "FORM", Setting.EXPORT_FORMS, "auto"),
  OVERWRITE("overwrite", Form.SWITCH, "", "Begin anew where the output or the run holds another.");

  /** The forms of an export, for users. */
  static final String EXPORT_FORMS =
      "In which form the result is written: zeros (all sizes stay, and the mask as a file), uniform"
          + " (equal sizes, a plain config.json), nemotron-nas and per-layer (each block its own"
          + " sizes), indexed (rows and columns of each matrix), or auto, the most compact that"
          + " loads in most programs.";

  /** What a value looks like. */
  enum Form {
    /** One word or number. */
    TEXT,
    /** One or more words. */
    LIST,
    /** Given or not. */
    SWITCH
  }

  private final String key;
  private final Form form;
  private final String label;
  private final String description;
  private final String defaultText;

  Setting(String key, Form form, String label, String description) {
    this(key, form, label, description, null);
  }

  Setting(String key, Form form, String label, String description, String defaultText) {
    this.key = key;
    this.form = form;
    this.label = label;
    this.description = description;
    this.defaultText = defaultText;
  }

  /** Key in a recipe file. */
  String key() {
    return key;
  }

  /** What a value looks like. */
  Form form() {
    return form;
  }

  /** Name of the option. */
  String optionName() {
    return "--" + key;
  }

  /** How the option is written in a usage line, for example {@code --model DIR}. */
  String usage() {
    return switch (form) {
      case SWITCH -> optionName();
      case TEXT -> optionName() + " " + label;
      case LIST -> optionName() + " " + label + "...";
    };
  }

  /** Whether the value belongs to a {@link Recipe}, which then knows its default. */
  boolean ofRecipe() {
    return Recipe.defaults().options().containsKey(key);
  }

  /** The option for a command line; its value is text, a list of texts, or a boolean. */
  OptionSpec option() {
    return new SettingOption(this, label, description, defaultText).spec();
  }

  /** The setting of a recipe key, if there is one. */
  static Optional<Setting> named(String key) {
    for (Setting setting : values()) {
      if (setting.key.equals(key)) {
        return Optional.of(setting);
      }
    }
    return Optional.empty();
  }
}
