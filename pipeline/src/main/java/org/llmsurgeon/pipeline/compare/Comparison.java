package org.llmsurgeon.pipeline.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.llmsurgeon.InputException;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.evaluate.ChoiceEvaluation;
import org.llmsurgeon.pipeline.prune.InputHashes;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.RunLease;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.text.TextFiles;
import org.llmsurgeon.pipeline.weights.ModelWeights;
import org.llmsurgeon.pipeline.weights.StoredHead;
import org.llmsurgeon.surgery.catalog.ObjectiveSettings;

/**
 * Several methods at several sparsities on the same windows. Each run is kept and in the tables as
 * soon as it is done, and is not done again; one that fails does not stop the others.
 */
public final class Comparison {
  private final Session session;
  private final CompareRequest request;
  private final List<Variant> variants;
  private final String model;
  private final ComparisonFolder output;

  /**
   * @param session the operation
   * @param request what to compare
   * @throws InputException if a method or an option is unknown
   */
  public Comparison(Session session, CompareRequest request) {
    this.request = request;
    this.variants = ComparisonGrid.of(request.runs());
    this.session = session.with(objective(variants));
    this.model = session.storage().absolute(request.model());
    String folder = session.storage().absolute(request.output());
    this.output = new ComparisonFolder(session.storage(), folder);
  }

  /** What the networks are to do, in all variants alike. */
  private static ObjectiveChoice objective(List<Variant> variants) {
    return variants.isEmpty()
        ? ObjectiveChoice.DEFAULT
        : ObjectiveSettings.objective(variants.get(0).options());
  }

  /**
   * The dense model, then all runs, sparsity by sparsity, the methods and values in the order in
   * which they were named.
   *
   * @throws InputException if something is wrong for all runs; then nothing has run
   */
  public List<ComparedRun> run() {
    output.requireUsable(model, request.overwrite());
    try (ModelWeights dense = ModelWeights.open(session.storage(), session.model(model))) {
      if (!dense.config().objective().hasAnswers()) {
        throw new InputException(
            model
                + " makes embeddings, which are measured against the dense model's within one run;"
                + " use prune for each method.");
      }
      Map<Variant, String> refusals = refusals(dense);
      StoredHead.tell(session, session.model(model), dense);
      ChoiceEvaluation questions =
          request.choices().isEmpty()
              ? null
              : new ChoiceEvaluation(session, model, request.choices());
      RunInputs inputs =
          InputHashes.of(
              session,
              dense.folder(),
              TextFiles.of(session.storage(), request.calibration()),
              TextFiles.of(session.storage(), request.test()));
      RunLease lease = RunLease.acquire(output.work(), RunLease.Rhythm.DEFAULT, session.progress());
      try {
        output.begin(inputs, request.overwrite(), lease::check);
        try (ComparisonRunner runner =
            new ComparisonRunner(session, output.work(), dense, inputs, questions)) {
          return new Table(runner, refusals, asked(questions)).filled();
        }
      } finally {
        lease.close();
        output.work().delete();
      }
    }
  }

  /** What of a run's name its questions are: its answers are another run's with others. */
  private static Map<String, String> asked(ChoiceEvaluation questions) {
    return questions == null ? Map.of() : Map.of("choices", questions.hash());
  }

  /** Which runs cannot be done, and why. */
  private Map<Variant, String> refusals(ModelWeights dense) {
    Map<Variant, String> refusals = new LinkedHashMap<>();
    Passed passed = new Passed(session, model, dense);
    for (Variant variant : variants) {
      variant
          .refusal(dense)
          .or(() -> passed.refusal(variant))
          .ifPresent(reason -> refusals.put(variant, reason));
    }
    if (refusals.size() == variants.size()) {
      throw new InputException(refusals.get(variants.get(0)));
    }
    return refusals;
  }

  /** The rows as they come. */
  private final class Table {
    private final ComparisonRunner runner;
    private final Map<Variant, String> refusals;
    private final Map<String, String> asked;
    private final ComparedRun[] rows = new ComparedRun[variants.size()];
    private ComparedRun dense;

    Table(ComparisonRunner runner, Map<Variant, String> refusals, Map<String, String> asked) {
      this.runner = runner;
      this.refusals = refusals;
      this.asked = asked;
    }

    List<ComparedRun> filled() {
      takeOver();
      for (int i = 0; i < rows.length; i++) {
        if (rows[i] == null) {
          runner.prepare(variants.get(i));
        }
      }
      measureDense();
      for (int i = 0; i < rows.length; i++) {
        if (rows[i] == null) {
          note(i, "begins");
          rows[i] = run(variants.get(i));
          output.tables(known());
          note(i, outcome(rows[i]));
        }
      }
      return known();
    }

    /** Fills in what is known before anything runs. */
    private void takeOver() {
      int kept = 0;
      for (int i = 0; i < rows.length; i++) {
        Variant variant = variants.get(i);
        String refusal = refusals.get(variant);
        if (refusal != null) {
          rows[i] = variant.failed(new ComparedRun.Failure(refusal, true));
          note(i, outcome(rows[i]));
          continue;
        }
        Optional<ComparedRun> finished = output.finished(variant.key(asked));
        if (finished.isPresent()) {
          rows[i] = finished.get();
          kept++;
        }
      }
      if (kept > 0) {
        session
            .progress()
            .note(kept + " of " + rows.length + " runs are done already and are taken over");
      }
    }

    private void measureDense() {
      Variant first =
          variants.stream().filter(each -> !refusals.containsKey(each)).findFirst().orElseThrow();
      Map<String, Object> settings = new LinkedHashMap<>();
      settings.put("context", first.recipe().calibration().context());
      // What else decides what is asked of the test text, as the recipe spells it.
      Map<String, Object> options = first.recipe().options();
      for (String each : List.of("mask-seed", "text-column", "label-column", "objective")) {
        if (options.containsKey(each)) {
          settings.put(each, options.get(each));
        }
      }
      settings.putAll(asked);
      String key = Variant.key(ComparedRun.DENSE, settings);
      dense =
          output
              .finished(key)
              .orElseGet(
                  () -> {
                    runner.prepare(first);
                    ComparedRun made = ComparedRun.dense(runner.dense(first));
                    output.keep(key, new ComparisonFolder.Finished(settings, made));
                    return made;
                  });
      output.tables(known());
    }

    private ComparedRun run(Variant variant) {
      ComparedRun made;
      try {
        made = runner.run(variant);
      } catch (InputException | RunFailedException | ArithmeticException failure) {
        if (session.spark().sc().isStopped()) {
          throw failure;
        }
        String reason = failure.getMessage();
        return variant.failed(new ComparedRun.Failure(reason, failure instanceof InputException));
      }
      output.keep(
          variant.key(asked), new ComparisonFolder.Finished(variant.recipe().options(), made));
      return made;
    }

    private List<ComparedRun> known() {
      List<ComparedRun> known = new ArrayList<>();
      known.add(dense);
      known.addAll(Arrays.stream(rows).filter(Objects::nonNull).toList());
      return known;
    }

    private void note(int row, String what) {
      String label = variants.get(row).way().label();
      session
          .progress()
          .note(String.format("run %d of %d, %s: %s", row + 1, rows.length, label, what));
    }

    private static String outcome(ComparedRun run) {
      return run.failure() == null
          ? String.format(
              Locale.ROOT,
              "perplexity %.4f after %.1f s",
              run.outcome().perplexity(),
              run.outcome().seconds())
          : "not done: " + run.failure().reason();
    }
  }
}
