"""
# nightly

Closes one business date: captures what the partners delivered, builds every dataset from it, checks each one, and
publishes it. One task for each dataset, named like it; the order follows from the contracts in `schemas/`. Every task
runs the same command that a person can run: `python -m jobs.run <layer>/<dataset> --business-date YYYY-MM-DD`.

Nothing is published that was not checked: a red task leaves what was published before, and nothing half-done.

## When it is red

Open the log of the first red task. Its last lines say what is wrong and where. Every check of the night, what broke and
why, stands in the Data Docs: `data_docs/index.html` in the scratch folder, written by the last task, red night or not.

- **bad input**: the partner, a contract or a setting is wrong. Nothing was tried again, because it would fail again.
  Rows that were refused lie with their reasons under `_quarantine/` in the lake. When the cause is gone, clear the
  task with *downstream*.
- **a step before it is missing**: the message names the date to build first. Trigger this DAG with that
  `business_date`, or close a range with
  `airflow backfill create --dag-id nightly --from-date … --to-date … --max-active-runs 1`; then clear the red task.
- **killed by signal**, **exit code 75** or **1**: it was tried again, and still a server was away or the machine
  was out of memory. See to that, then clear the task. A Spark server that was lost is started again by the next try.
- **a `ready` task waits, or ends after 18 hours**: the partner has not finished its delivery; the drop has no manifest
  yet, or the bank's replica is behind. Call them. The task costs no worker while it waits.

Running a night again is always safe: what is already published from the same inputs is left as it is, and the same
inputs give the same bytes. `python -m jobs.run doctor` checks the installation.

## By hand

Trigger it with the parameter `business_date`; without it a run closes the day on which its data interval starts.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronDataIntervalTimetable

from dags.schedule import DEFAULT_ARGUMENTS, PARAMS, TIME_ZONE, first_scheduled_moment, last_scheduled_moment
from dags.tasks import add_data_docs, add_dataset_tasks, add_readiness, add_spark
from schemas.catalogue import all_datasets

LEFT_TO_TRAINING = frozenset({"labels", "models"})

NIGHT = tuple(dataset for dataset in all_datasets() if dataset.layer not in LEFT_TO_TRAINING)

with DAG(
    "nightly",
    description="Closes one business date: captures, builds, checks and publishes every dataset",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone=TIME_ZONE),
    start_date=first_scheduled_moment(),
    end_date=last_scheduled_moment(),
    catchup=True,  # a night needs the one before it
    max_active_runs=1,
    default_args=dict(DEFAULT_ARGUMENTS),
    params=PARAMS,
    tags=["nightledger"],
) as dag:
    tasks = add_dataset_tasks(NIGHT)
    add_readiness(tasks, NIGHT)
    add_spark(tasks)
    add_data_docs(tasks)
