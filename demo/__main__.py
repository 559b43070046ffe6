"""The partners in a box, from the command line."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from demo.airflow import AirflowError
from demo.bench import PARTS, bench
from demo.large import PROCESSES, write_world
from demo.life import live, part_count
from demo.options import add_world_options, description, world_of
from demo.processes import ServerError, end_in_order_on_signals
from demo.servers import ENVIRONMENT, Partners, find_partners, start_partners
from demo.session import run_with_partners
from demo.tour import TourError, keep_airflow, tour
from demo.world import World, WorldError
from demo.world_report import report
from demo.worlds_on_disk import find_world, is_served, make_room, note_world, remember
from schemas.dates import BusinessDateError, parse_business_date

EXAMPLES = """examples:
  python -m demo up                                     20 000 people, the history and 7 daily drops, served from .demo
  python -m demo up --people 300 --days 2 --folder /tmp/small --lake /tmp/small/lake
  set -a; . .demo/environment; set +a                   the variables with which Nightledger reads the partners
  python -m demo status
  python -m demo down                                   stop the servers, keep the data
  python -m demo down --forget                          stop the servers, delete the folder
  python -m demo world --out /tmp/world --people 300    only files and the truth, no servers
  python -m demo world --out /tmp/large --people 1000000 --days 0 --parquet
  python -m demo world --out /tmp/three --banks harbour,meridian,summit --dirt none,late_rows=0.05
  python -m demo up --folder /tmp/ageing --drift 2026-01-01,strain_factor=3
  python -m demo world --out /tmp/large --people 1000000 --days 1
  python -m demo load --world /tmp/large --folder /tmp/served     upload the drop, COPY the banks' tables
  python -m demo world-report --people 20000 --out /tmp/world.html
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when `status` finds no servers, 2 when it cannot."""
    end_in_order_on_signals()
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (AirflowError, TourError, WorldError, ServerError, OSError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 2


def up(options: argparse.Namespace) -> int:
    """Start the servers, load the world unless it is there, and write the environment."""
    world, folder, begin = world_of(options), options.folder.absolute(), time.monotonic()
    wanted, days = {**description(world), "days": options.days}, world.business_dates(options.days)

    def bring(started: Partners) -> None:
        _say(begin, f"living {world.history_months} months of {world.people} people while the servers start")
        _live_and_load(world, days, started, begin)

    return _serve(world, folder, wanted, options.lake, bring, begin)


def load(options: argparse.Namespace) -> int:
    """Start the servers, load a world that `world` wrote unless it is there, and write the environment."""
    source, folder, begin = options.world.absolute(), options.folder.absolute(), time.monotonic()
    written = find_world(source)

    def bring(started: Partners) -> None:
        started.wait()
        _say(begin, f"the servers answer; loading {len(written.days)} days of {written.world.people:,} people")
        started.load_files(written.world, source, written.days)

    return _serve(written.world, folder, written.described, options.lake, bring, begin)


def _serve(
    world: World, folder: Path, wanted: dict[str, Any], lake: str, bring: Callable[[Partners], None], begin: float
) -> int:
    """Serve the wanted world over the folder; `bring` fills the servers when they are still empty."""
    is_there = is_served(folder, wanted)
    started = start_partners(folder)
    try:
        if not is_there:
            bring(started)
            remember(folder, wanted)
        started.wait()
        environment = started.write_environment(world, lake or str(folder / "lake"))
    except BaseException:
        started.stop()
        raise
    _say(begin, f"ready: {started.store.endpoint} and PostgreSQL on port {started.replicas.port}")
    _write(f"environment: {environment}")
    return 0


def down(options: argparse.Namespace) -> int:
    """Stop the servers that were started over the folder, and no other process."""
    known = find_partners(options.folder)
    if known:
        known.stop()
    if options.forget and known:
        known.forget()
    _write("stopped" if known else f"nothing was started over {options.folder}")
    return 0


def status(options: argparse.Namespace) -> int:
    """Say what runs."""
    known = find_partners(options.folder)
    if not known or not known.are_running():
        _write(f"not running over {options.folder}: start with `python -m demo up`")
        return 1
    for process in known.processes:
        _write(f"{process.name}: running, pid {process.pid}")
    _write(f"environment: {known.folder / ENVIRONMENT}")
    return 0


def _live_and_load(world: World, days: list[date], started: Partners, begin: float) -> None:
    """A world of one part is lived in memory while the servers start; a larger one goes through files."""
    if part_count(world) == 1:
        life = live(world, days[-1])
        started.wait()
        _say(begin, "the servers answer; writing and loading the partners' data")
        started.load(life, days)
        return
    rows = write_world(world, days, started.folder)
    started.wait()
    _say(begin, f"{rows:,} rows are written; loading them")
    started.load_files(world, started.folder, days)


def world(options: argparse.Namespace) -> int:
    """Write only files, no servers: the shop's drop, what each bank wrote, and the truth."""
    begin, wanted = time.monotonic(), world_of(options)
    days = wanted.business_dates(options.days)
    if options.since or options.until:
        first, last = options.since or wanted.first_business_date, options.until or options.since
        days = [day for day in wanted.business_dates(max((last - days[0]).days, 0)) if first <= day <= last]
    if not days:
        raise WorldError(f"--from {options.since} --to {options.until}: no day from {wanted.first_business_date} on")
    make_room(options.out, wanted, days, all_parquet=options.parquet)
    rows = write_world(wanted, days, options.out, processes=options.processes, all_parquet=options.parquet)
    note_world(options.out, wanted, days, all_parquet=options.parquet)
    _say(begin, f"{rows:,} rows of {days[0]} to {days[-1]} are written to {options.out}")
    return 0


def world_report(options: argparse.Namespace) -> int:
    """Draw what the world is like on one self-contained HTML page."""
    begin, wanted = time.monotonic(), world_of(options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    life = live(wanted, wanted.business_dates(options.days)[-1])
    options.out.write_text(report(life, wanted.business_dates(options.days)), encoding="utf-8")
    _say(begin, f"{options.out} shows the world")
    return 0


def with_partners(options: argparse.Namespace) -> int:
    """Run a command of the project against the partners, starting them for it if they are not up."""
    return run_with_partners(options.folder.absolute(), options.module)


def show_tour(options: argparse.Namespace) -> int:
    """The whole product once: partners, training, one night by a real Airflow, and its result."""
    tour(options.folder.absolute(), "--people", str(options.people), "--seed", str(options.seed))
    return 0


def measure(options: argparse.Namespace) -> int:
    """Measure what things cost and how right they are, on fresh data, all of it or some parts, and print tables."""
    folder = options.folder.absolute() / "bench"
    bench(folder, options.people, options.seed, only=options.only, with_million=options.million)
    return 0


def airflow(options: argparse.Namespace) -> int:
    """Scheduler and web UI over the partners until Ctrl-C."""
    keep_airflow(options.folder.absolute(), "--people", str(options.people), "--seed", str(options.seed))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, run in (
        ("up", up),
        ("down", down),
        ("status", status),
        ("world", world),
        ("load", load),
        ("world-report", world_report),
    ):
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if name not in {"world", "world-report"}:
            command.add_argument("--folder", type=Path, default=Path(".demo"), help="where all data lie (.demo)")
        if name in {"up", "world", "world-report"}:
            add_world_options(command)
        if name == "load":
            command.add_argument("--world", type=Path, required=True, help="what `world` wrote to its --out")
        if name in {"up", "load"}:
            command.add_argument("--lake", default="", help="the lake's folder or s3:// address (<folder>/lake)")
        if name == "down":
            command.add_argument("--forget", action="store_true", help="delete the folder too")
        if name in {"world", "world-report"}:
            command.add_argument("--out", type=Path, required=True, help="where to write")
        if name == "world":
            command.add_argument("--from", dest="since", type=_optional_day, help="first day to write (all of --days)")
            command.add_argument("--to", dest="until", type=_optional_day, help="last day to write (that of --from)")
            command.add_argument("--processes", type=int, default=PROCESSES, help="speed, never the result (2)")
            command.add_argument("--parquet", action="store_true", help="every table as Parquet, as for benchmarks")
    _add_whole_product(commands)
    command = commands.add_parser("with", help=with_partners.__doc__, description=with_partners.__doc__)
    command.set_defaults(run=with_partners)
    command.add_argument("--folder", type=Path, default=Path(".demo"), help="where all data lie (.demo)")
    command.add_argument("module", nargs=argparse.REMAINDER, help="a module and its arguments, like jobs.run doctor")
    return parser


def _add_whole_product(commands: Any) -> None:
    """The commands that run the product over partners of their own."""
    for name, run in (("tour", show_tour), ("airflow", airflow), ("bench", measure)):
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        command.add_argument("--folder", type=Path, default=Path(".demo"), help="where all data lie (.demo)")
        command.add_argument("--people", type=int, default=World.people, help="inhabitants (20000)")
        command.add_argument("--seed", type=int, default=World.seed, help="equal seeds give equal bytes")
        if name == "bench":
            command.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts (all)")
            command.add_argument("--million", action="store_true", help="also a world of 1 000 000 people (minutes)")


def _optional_day(text: str) -> date | None:
    """A day; nothing for the empty text that a Makefile hands on."""
    try:
        return parse_business_date(text) if text else None
    except BusinessDateError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _say(begin: float, what: str) -> None:
    _write(f"[{time.monotonic() - begin:5.1f} s] {what}")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
