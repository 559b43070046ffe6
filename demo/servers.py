"""The partners in a box: a real S3 server and a real PostgreSQL that serve a world, and leave nothing running."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from demo.drops import MANIFEST, all_flaws_of, write_drops
from demo.keys import write_environment, write_keys, write_private
from demo.life import Life
from demo.object_store import DROP_BUCKET, DROP_PREFIX, PORTS, REGION, AccessKey, ObjectStore
from demo.processes import Process, free_ports
from demo.replicas import Replicas
from demo.tables import BANK_TABLES
from demo.truth import write_truth
from demo.world import TIME_ZONE, World

JAVA_OPTIONS_FOR_SHORT_RUNS = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:MetaspaceSize=256m -XX:+UseParallelGC"
)
"""For a JVM that lives for a minute or two on a laptop: code is compiled quickly and not well.

It takes a quarter of the processor time from a night of 4 000 people; a night of millions wants Java's defaults.
"""

STATE, ENVIRONMENT, KEYS = "servers.json", "environment", "keys.json"


@dataclass(frozen=True)
class Partners:
    """The two servers whose data lie under one folder, and the processes that run them now."""

    folder: Path
    store: ObjectStore
    replicas: Replicas
    processes: tuple[Process, ...]

    def wait(self) -> None:
        """Wait until both servers answer."""
        self.store.wait(self.processes[0])
        self.replicas.wait(self.processes[1])

    def are_running(self) -> bool:
        """Whether both servers live."""
        return len(self.processes) == 2 and all(process.is_running() for process in self.processes)

    def load(self, life: Life, days: list[date]) -> None:
        """Serve these days of a life: the shop's drops, and what the banks wrote until the end of each.

        The first business date brings the history. Days already served must not be served again to the banks.
        """
        with ThreadPoolExecutor(1) as beside:
            loading = beside.submit(self.load_banks, life, days)
            self.store.upload(self.folder / "drop", write_drops(life, self.folder / "drop", days))
            loading.result()
        write_truth(life, self.folder / "truth", [flaw for day in days for flaw in all_flaws_of(life, day)])

    def load_files(self, world: World, folder: Path, days: list[date]) -> None:
        """Serve what `demo.large` wrote: the drop's files as they are, the banks' by COPY, one file at a time."""
        self.store.upload(folder / "drop", [drop.parent for drop in sorted((folder / "drop").rglob(MANIFEST))])
        for bank in world.banks:
            self.replicas.create_bank(bank)
            for day in days:
                for file in sorted((folder / "bank" / bank).glob(f"*/dt={day}/part-*.parquet")):
                    self.replicas.append(bank, {file.parent.parent.name: pq.read_table(file)})

    def load_banks(self, life: Life, days: list[date]) -> int:
        """Append what each bank wrote on these days; the number of rows."""
        first = None if days[0] == life.world.first_business_date else days[0]
        rows = 0
        for bank in life.world.banks:
            self.replicas.create_bank(bank)
            slices = {table: life.replica(bank, table, first, days[-1]) for table in BANK_TABLES}
            rows += self.replicas.append(bank, slices)
        return rows

    def environment(self, world: World, lake: str, fixed_keys: str = "") -> dict[str, str]:
        """Every variable with which Nightledger reads these partners; makes the keys file when there is none.

        fixed_keys: for tests only, a text from which always the same keys follow.
        """
        keys = write_keys(self.folder / KEYS, world.banks, fixed_keys)
        urls = {f"NIGHTLEDGER_BANK_{bank.upper()}_URL": self.replicas.url(bank) for bank in world.banks}
        return {
            "NIGHTLEDGER_LAKE": lake,
            "NIGHTLEDGER_SHOP_DROP": f"s3://{DROP_BUCKET}/{DROP_PREFIX}",
            "NIGHTLEDGER_S3_ENDPOINT": self.store.endpoint,
            "AWS_ACCESS_KEY_ID": self.store.alliance.key_id,
            "AWS_SECRET_ACCESS_KEY": self.store.alliance.secret,
            "AWS_DEFAULT_REGION": REGION,
            "NIGHTLEDGER_BANKS": ",".join(world.banks),
            **urls,
            "NIGHTLEDGER_KEYS_FILE": str(keys),
            "NIGHTLEDGER_FIRST_BUSINESS_DATE": world.first_business_date.isoformat(),
            "NIGHTLEDGER_TIME_ZONE": TIME_ZONE,
            "NIGHTLEDGER_SPARK_JAVA_OPTIONS": JAVA_OPTIONS_FOR_SHORT_RUNS,
        }

    def write_environment(self, world: World, lake: str) -> Path:
        """The environment as a private file of KEY=VALUE lines."""
        scratch = {"NIGHTLEDGER_SCRATCH": str(self.folder / "scratch")}
        return write_environment(self.folder / ENVIRONMENT, {**self.environment(world, lake), **scratch})

    def stop(self) -> None:
        """End both servers, at the same time; the data stay."""
        stops = (self.store.stop, self.replicas.stop)
        with ThreadPoolExecutor(2) as both:
            list(both.map(lambda stop, process: stop(process), stops, self.processes))  # one may not have been started
        _remember(self.folder, self.store, self.replicas, ())

    def forget(self) -> None:
        """Delete everything the stopped servers kept, and the folder with the drops, keys and truth."""
        self.replicas.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def partners(folder: Path, *, forget: bool = False) -> Iterator[Partners]:
    """Both servers, ready, for as long as the block lasts; stopped however it ends, and with `forget` deleted too."""
    started = start_partners(folder)
    try:
        started.wait()
        yield started
    finally:
        started.stop()
        if forget:
            started.forget()


def start_partners(folder: Path) -> Partners:
    """Start both servers over the folder's data without waiting; those already running are kept."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    known = find_partners(folder)
    if known and known.are_running():
        return known
    if known:
        known.stop()
    before = (*(known.store.ports[name] for name in PORTS), known.replicas.port) if known else ()
    ports = free_ports(len(PORTS) + 1, wanted=before)
    store = ObjectStore(
        folder / "s3",
        dict(zip(PORTS, ports, strict=False)),
        known.store.shop if known else AccessKey("shop", secrets.token_hex(20)),
        known.store.alliance if known else AccessKey("alliance", secrets.token_hex(20)),
    )
    replicas = Replicas(
        folder / "postgresql",
        ports[-1],
        known.replicas.owner_secret if known else secrets.token_hex(20),
        known.replicas.reader_secret if known else secrets.token_hex(20),
    )
    _remember(folder, store, replicas, ())
    processes: tuple[Process, ...] = (store.start(),)
    _remember(folder, store, replicas, processes)
    try:
        processes = (*processes, replicas.start())
    except BaseException:
        Partners(folder, store, replicas, processes).stop()
        raise
    _remember(folder, store, replicas, processes)
    return Partners(folder, store, replicas, processes)


def find_partners(folder: Path) -> Partners | None:
    """The servers that were started over this folder, running or not; None when there never were any."""
    state = folder.absolute() / STATE
    if not state.exists():
        return None
    known = json.loads(state.read_text(encoding="utf-8"))
    store, replicas = known["store"], known["replicas"]
    return Partners(
        folder.absolute(),
        ObjectStore(
            folder.absolute() / "s3", store["ports"], AccessKey(**store["shop"]), AccessKey(**store["alliance"])
        ),
        Replicas(folder.absolute() / "postgresql", **replicas),
        tuple(Process(**process) for process in known["processes"]),
    )


def _remember(folder: Path, store: ObjectStore, replicas: Replicas, processes: tuple[Process, ...]) -> None:
    state = {
        "store": {"ports": store.ports, "shop": asdict(store.shop), "alliance": asdict(store.alliance)},
        "replicas": {
            "port": replicas.port,
            "owner_secret": replicas.owner_secret,
            "reader_secret": replicas.reader_secret,
        },
        "processes": [asdict(process) for process in processes],
    }
    write_private(folder / STATE, json.dumps(state, indent=2) + "\n")
