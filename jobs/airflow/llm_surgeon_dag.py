"""LLM Surgeon as an Airflow 3 DAG: plan, prune, verify, publish.

Every run writes to a folder of its own, named by its logical date, so that a run that is cleared and
done again finds what is finished and does nothing. A run that was killed goes on after its last
finished shot. What cannot be used (exit code 2) fails at once; everything else is tried again. Where
the driver runs on the cluster Spark does not hand on its exit code, so there code 2 is tried again too.

Spark runs plan and prune. Prune itself has checked that a smaller folder computes what the model with zeros
does; verify and publish read and write one small file each, in the worker.

Needs apache-airflow-providers-apache-spark, a Spark connection (`spark_default`) and, in the
environment of the workers:

SURGEON_APPLICATION  the bundle of `mvn -Pbundle package`, or surgeon-jobs-*.jar
SURGEON_JARS         with the latter: its libraries, joined by commas
SURGEON_PROPERTIES   a file of Spark settings; conf/spark-cluster.conf is one
"""

from __future__ import annotations

import json
import os
from datetime import timedelta

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, ObjectStoragePath, Param, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

MAIN = "org.llmsurgeon.jobs.Surgeon"
# Where a run writes: the same whenever it is done again.
OUTPUT = "{{ params.output_root }}/{{ (logical_date or run_after) | ts_nodash }}"
RESULT = OUTPUT + ".result.json"


class SurgeonOperator(SparkSubmitOperator):
    """Runs one command of LLM Surgeon; what is wrong with its input is not tried again."""

    template_fields = tuple(SparkSubmitOperator.template_fields) + ("options",)

    def __init__(self, *, command: str, options: list[str], **kwargs):
        super().__init__(
            application=os.environ.get("SURGEON_APPLICATION", "surgeon-jobs-bundle.jar"),
            jars=os.environ.get("SURGEON_JARS"),
            properties_file=os.environ.get("SURGEON_PROPERTIES"),
            java_class=MAIN,
            name="surgeon " + command,
            **kwargs,
        )
        self.command = command
        self.options = options

    def execute(self, context):
        # Empty options are those that the DAG's parameters leave out.
        words = [word for word in self.options if word]
        self.application_args = [self.command, *words]
        try:
            super().execute(context)
        except AirflowException as failure:
            # Spark hands on the exit code of the driver in client mode only.
            if "Error code is: 2." in str(failure):
                raise AirflowFailException(
                    "Something that was given cannot be used; the log says what."
                ) from failure
            raise


with DAG(
    dag_id="llm_surgeon",
    description="Prunes a language model and publishes the result.",
    schedule=None,
    catchup=False,
    max_active_runs=4,
    default_args={
        "retries": int(os.environ.get("SURGEON_RETRIES", "3")),
        "retry_delay": timedelta(seconds=int(os.environ.get("SURGEON_RETRY_SECONDS", "60"))),
    },
    params={
        "model": Param("", type="string", minLength=1, description="Hugging Face folder."),
        "calibration": Param("", type="string", minLength=1, description="Calibration text."),
        "test": Param("", type="string", minLength=1, description="Test text, not in the former."),
        "output_root": Param("", type="string", minLength=1, description="Where runs write."),
        "recipe": Param(
            "quick",
            type="string",
            minLength=1,
            description="A recipe: its name, or a file. quick has windows of 512 tokens; for images"
            " and models of fewer positions: default, with sparsity, shots and sequences.",
        ),
        "sparsity": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            exclusiveMaximum=1,
            description="Instead of the recipe's.",
        ),
        "shots": Param(
            None, type=["null", "integer"], minimum=1, description="Instead of the recipe's."
        ),
        "sequences": Param(
            None, type=["null", "integer"], minimum=1, description="Instead of the recipe's."
        ),
        "max_perplexity_ratio": Param(
            2.0, type="number", minimum=1, description="Pruned over dense; above it fails."
        ),
    },
    tags=["llm", "pruning", "spark"],
) as dag:
    recipe = [
        "--recipe={{ params.recipe }}",
        "{{ '--sparsity=%s' % params.sparsity if params.sparsity else '' }}",
        "{{ '--shots=%s' % params.shots if params.shots else '' }}",
        "{{ '--sequences=%s' % params.sequences if params.sequences else '' }}",
    ]
    plan = SurgeonOperator(
        task_id="plan",
        command="plan",
        options=["--model={{ params.model }}", *recipe],
        doc_md="What the run will need; refuses what cannot be pruned before anything is started.",
    )
    prune = SurgeonOperator(
        task_id="prune",
        command="prune",
        options=[
            "--model={{ params.model }}",
            "--calibration={{ params.calibration }}",
            "--test={{ params.test }}",
            "--output=" + OUTPUT,
            "--result=" + RESULT,
            *recipe,
        ],
        doc_md="The whole run; goes on where an earlier try stopped.",
    )

    @task
    def verify(path: str, ratio: float) -> dict:
        """Reads the result, checks it, and hands it on."""
        result = json.loads(ObjectStoragePath(path).read_text())
        if result["perplexity"] > float(ratio) * result["dense_perplexity"]:
            raise AirflowFailException(
                f"Perplexity went from {result['dense_perplexity']:.3f} to"
                f" {result['perplexity']:.3f}, more than {ratio} times as much."
            )
        return result

    @task
    def publish(result: dict, root: str) -> str:
        """Says which model is the latest one that was verified: one small file, replaced whole."""
        (ObjectStoragePath(root) / "latest.json").write_text(json.dumps(result, indent=2) + "\n")
        return result["output"]

    verified = verify(RESULT, "{{ params.max_perplexity_ratio }}")
    plan >> prune >> verified
    publish(verified, "{{ params.output_root }}")
