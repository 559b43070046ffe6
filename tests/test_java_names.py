"""PySpark and the names it asks Java for."""

from __future__ import annotations

from typing import Any

import pytest
from py4j.protocol import Py4JError
from pyspark.errors.utils import is_debugging_enabled
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

REFLECTION = "r\n"


def test_a_function_that_was_named_before_costs_one_call_of_java(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    client = type(spark.sparkContext._jvm._gateway_client)  # type: ignore[union-attr]
    send = client.send_command

    def listening(self: Any, command: str, *others: Any, **named: Any) -> Any:
        said.append(command)
        return send(self, command, *others, **named)

    F.upper(F.col("nickname"))
    monkeypatch.setattr(client, "send_command", listening)
    F.upper(F.col("surname"))
    calls = [command for command in said if command.startswith("c\n")]
    assert len(calls) == 2
    assert not [command for command in said if command.startswith(REFLECTION)]


def test_a_function_that_java_does_not_have_is_an_error_every_time(spark: SparkSession) -> None:
    functions = spark.sparkContext._jvm.functions  # type: ignore[union-attr]
    for _ in range(2):
        with pytest.raises(Py4JError, match="no_such_function"):
            functions.no_such_function("nickname")


def test_no_column_is_told_to_java_with_the_line_that_named_it(spark: SparkSession) -> None:
    F.col("nickname")
    assert not is_debugging_enabled()
