"""
# training

Learns every model anew: labels how each customer's credit, card, purchases and messages turned out, joins them to what
was visible on each monthly observation date, and publishes the credit score with its report, and the propensities.
Time starts it, not the night: on the first of a month at noon it learns from what was known when the month before was
closed. The nights after it score with the new models; a night that is replayed keeps those it was scored with.

## When it is red

Open the log of the first red task. Its last lines say what is wrong and where.

- **a step before it is missing**: the night of the business date is not closed. Bring `nightly` to green for that date,
  then clear the red task.
- **bad input**: a check refused the labels or the model, and the model before stays in force. The message says which
  limit was missed. Whether to change the limit is the risk officer's decision.
- **killed by signal**, **exit code 75** or **1**: it was tried again, and still a server was away or the machine
  was out of memory. See to that, then clear the task.

## By hand

Trigger it with the parameter `business_date`, a closed night: `python -m jobs.run train --business-date YYYY-MM-DD`
does the same without Airflow.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from dags.schedule import DEFAULT_ARGUMENTS, PARAMS, TIME_ZONE, first_scheduled_moment, last_scheduled_moment
from dags.tasks import add_dataset_tasks, add_spark
from schemas.catalogue import all_datasets

TRAINING = tuple(dataset for dataset in all_datasets() if dataset.layer in {"labels", "models"})

NOON_BACK_TO_THE_LAST_DAY = timedelta(hours=30)
"""The data interval starts on the morning before midnight of the first, on the last day of the month before; far
enough from midnight that no change of the clocks moves it to another day."""

with DAG(
    "training",
    description="Learns the credit score and the propensities from labelled months, and publishes them",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 12 1 * *", timezone=TIME_ZONE, interval=NOON_BACK_TO_THE_LAST_DAY),
    start_date=first_scheduled_moment(),
    end_date=last_scheduled_moment(),
    catchup=False,  # a model of a month long gone serves nobody
    max_active_runs=1,
    default_args=dict(DEFAULT_ARGUMENTS),
    params=PARAMS,
    tags=["nightledger"],
) as dag:
    tasks = add_dataset_tasks(TRAINING)
    add_spark(tasks)
