"""How the tasks of a run reach Spark: the one server the run started, or the installation's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import BaseHook, BaseOperator, Connection, Context
from airflow.sdk.exceptions import AirflowNotFoundException

from dags.command import Command, succeed
from dags.schedule import business_date_of

CONNECTION = "nightledger_spark"
"""The Airflow connection to a Spark of your own: of type spark_connect (a server), or spark (a cluster's master)."""

START, STOP = "spark_connect.start", "spark_connect.stop"

IN_ENVIRONMENT = "environment"
IN_CONNECTION = "connection"


class StartSpark(BaseOperator):
    """Starts the one Spark Connect server of the run, unless the installation has a server of its own.

    What it hands on is a key, never an address or a secret: where the tasks find the server. That is the word
    `environment`, the word `connection`, or the path of the file that only the server's owner can read.
    """

    ui_color = "#fdeedc"
    _command: Command | None = None

    def execute(self, context: Context) -> str:
        """The key under which the tasks of this run find Spark."""
        if os.environ.get("NIGHTLEDGER_SPARK_REMOTE"):
            self.log.info("NIGHTLEDGER_SPARK_REMOTE is set: the run uses that Spark and will not stop it")
            return IN_ENVIRONMENT
        connection = _connection()
        if connection is not None and connection.conn_type != "spark":
            self.log.info("the run uses the Spark of the connection %s and will not stop it", CONNECTION)
            return IN_CONNECTION
        self._command = _server_command("start", context, connection)
        outcome = succeed(self._command.run(self.log.info))
        return str(outcome.results[-1]["state_file"])

    def on_kill(self) -> None:
        """End the start; it takes the half-started server with it."""
        if self._command:
            self._command.end()


class StopSpark(BaseOperator):
    """Stops the server that the set-up task of the same run started, and nothing else."""

    ui_color = "#fdeedc"

    def execute(self, context: Context) -> None:
        """Nothing that this run started is running afterwards."""
        if context["ti"].xcom_pull(task_ids=START) in {IN_ENVIRONMENT, IN_CONNECTION}:
            self.log.info("the run used a Spark that it did not start: nothing to stop")
            return
        succeed(_server_command("stop", context, None).run(self.log.info))


def spark_environment(context: Context, say: Callable[[str], None]) -> Mapping[str, str]:
    """The variables with which a task of this run reaches Spark.

    Another try first asks for the server again: one that was lost is started anew, one that answers is kept.
    """
    key = str(context["ti"].xcom_pull(task_ids=START))
    if key == IN_ENVIRONMENT:
        return {}
    if key == IN_CONNECTION:
        return {"NIGHTLEDGER_SPARK_REMOTE": _address_of_connect_server()}
    if context["ti"].try_number > 1:
        succeed(_server_command("start", context, _connection()).run(say))
    server = json.loads(Path(key).read_text(encoding="utf-8"))
    return {
        "NIGHTLEDGER_SPARK_REMOTE": server["remote"],
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": server["token"],
    }


def _server_command(action: str, context: Context, connection: Connection | None) -> Command:
    """The server is named after the run's DAG and date, so that two runs never share or stop each other's."""
    name = f"{context['ti'].dag_id}-{business_date_of(context)}"
    master = ("--master", _master_of(connection)) if connection is not None and action == "start" else ()
    return Command(("jobs.spark_server", action, "--name", name, *master))


def _connection() -> Connection | None:
    try:
        return BaseHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        return None


def _master_of(connection: Connection) -> str:
    """The address of the cluster as the connection form of the Spark provider stores it: yarn, spark://host:7077 …"""
    host = connection.host or ""
    if "://" not in host and connection.port:
        host = f"spark://{host}"
    return f"{host}:{connection.port}" if connection.port else host


def _address_of_connect_server() -> str:
    from airflow.providers.apache.spark.hooks.spark_connect import SparkConnectHook  # slow, rarely needed

    hook: Any = SparkConnectHook(CONNECTION)
    return str(hook.get_connection_url())
