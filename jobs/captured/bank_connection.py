"""A connection to a bank's PostgreSQL, and its errors without the password that the URL holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa

from jobs.captured.capture import BadSourceError, SourceUnavailableError

CONNECTION_DEFAULTS = {
    "connect_timeout": "10",
    "application_name": "nightledger",
    "keepalives_idle": "60",  # a firewall that drops idle connections would leave us waiting for ever
    "tcp_user_timeout": "120000",
}
# Classes of SQLSTATE after which the same question may be answered later: connection, resources, operator, system,
# and a replica that cancels a long query to catch up (40001); 55P03 is a lock that was not freed in time.
TEMPORARY_CLASSES = ("08", "40", "53", "57", "58")
LOCK_NOT_FREED = "55P03"
REFUSALS = ("authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied", "no password")


@contextmanager
def connected(bank: str, url: str, business_date: date) -> Iterator[Any]:
    """A cursor that commits nothing by itself; the driver's errors become BadSource- or SourceUnavailableError."""
    where = f"bank {bank} {business_date}"
    try:
        with postgresql.connect(_with_defaults(url), autocommit=True) as connection, connection.cursor() as cursor:
            yield cursor
    except adbc_driver_manager.Error as error:
        # The driver's own text may quote the URL or a row, so it is judged here and goes no further.
        state = error.sqlstate or ""
        if state:
            is_temporary = state.startswith(TEMPORARY_CLASSES) or state == LOCK_NOT_FREED
        else:
            is_temporary = not any(refusal in str(error) for refusal in REFUSALS)
        raise (_unavailable(where, state) if is_temporary else _refused(where, bank, state)) from None


def record_batches(cursor: Any, bank: str, business_date: date) -> Iterator[pa.RecordBatch]:
    """The rows of the last question as they arrive; a server lost meanwhile is a SourceUnavailableError.

    Within a stream Arrow reports the driver's errors as its own: what is no lost connection is an unreadable value.
    """
    where = f"bank {bank} {business_date}"
    batches = iter(cursor.fetch_record_batch())
    while True:
        try:
            batch = next(batches, None)
        except (OSError, pa.ArrowCancelled):
            raise _unavailable(where, "") from None
        except pa.ArrowException:
            raise _refused(where, bank, "") from None
        if batch is None:
            return
        yield batch


def _unavailable(where: str, state: str) -> SourceUnavailableError:
    return SourceUnavailableError(f"{where}: the server does not answer{_state(state)}; try again when it is back")


def _refused(where: str, bank: str, state: str) -> BadSourceError:
    cure = f"check NIGHTLEDGER_BANK_{bank.upper()}_URL, our rights in schema bank and the types of its columns"
    return BadSourceError(f"{where}: the server refuses{_state(state)}; {cure}")


def _state(state: str) -> str:
    return f" (SQLSTATE {state})" if state else ""


def _with_defaults(url: str) -> str:
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode({**CONNECTION_DEFAULTS, **given})))
