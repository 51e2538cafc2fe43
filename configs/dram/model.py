"""One channel of DRAM as plain, hashable data: what the configuration file meant, and what follows.

Everything is in ticks of the controller's clock unless said otherwise. Levels are numbered from the
channel down; commands in the order of the standard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

PICOSECONDS = 10**12
"""In a second."""


@dataclass(frozen=True)
class Constraint:
    """After one of `preceding`, one of `following` waits `latency` ticks, in one node of `level`.

    `window` n counts from the n-th last of `preceding`; `sibling`: it holds in the other nodes.
    """

    level: int
    preceding: tuple[int, ...]
    following: tuple[int, ...]
    latency: int
    window: int = 1
    sibling: bool = False


@dataclass(frozen=True, kw_only=True)
class DramModel:
    """A channel and its controller, complete; `load_dram_model` makes one from a file."""

    generation: str
    """`2.0` or `2.1`: whose rules the controller follows, and whose file style it was."""
    standard: str
    """`DDR4`, `HBM2`, `HBM3` or `LPDDR5`."""
    controller: str
    """`Generic` of 2.0; `GenericDDR`, `HBM12`, `HBM34` or `LPDDR5` of 2.1."""
    levels: tuple[str, ...]
    """Names, from `channel` to `column`."""
    counts: tuple[int, ...]
    """Nodes of each level in one of the level above; columns as the device counts them."""
    prefetch: int
    """Columns that one burst moves."""
    channel_width: int
    """Data pins of one data bus (of a pseudo channel, where there are any)."""
    address_mapper: str
    """`RoBaRaCoCh`, `ChRaBaRoCo` or `MOP4CLXOR`."""
    commands: tuple[str, ...]
    command_ticks: tuple[int, ...]
    """Occupancy of the command bus by each command."""
    constraints: tuple[Constraint, ...]
    timing: tuple[tuple[str, int], ...]
    """Timings by name, in ticks (`rate`: MT/s, `tCK_ps`: ps); `constraints` follow from them."""
    rate: int
    """Transfers of a pin, 10^6 a second."""
    transfers_per_tick: int
    ticks_per_clock: int
    """Ticks in a cycle of the command clock (CK): 2 for HBM3 of generation 2.1, else 1."""
    read_latency: int
    """From a read command to its data complete."""
    burst_ticks: int
    """Ticks of the data bus that one transaction takes (nBL)."""
    refresh_interval: int
    """Ticks between two refreshes (nREFI); 0: never."""
    refresh_ticks: int
    """Ticks that a refresh keeps its banks busy (nRFC)."""
    refresh_level: int
    """One refresh command for each node of this level."""
    read_queue: int
    """Entries; likewise the other queues."""
    write_queue: int
    priority_queue: int
    write_high_entries: int
    """Write mode begins with more writes than this waiting, or with no read."""
    write_low_entries: int
    """Write mode ends with fewer writes than this waiting, and a read."""
    aad: int = 0
    """LPDDR5 of 2.1: ACT2 follows ACT1 within this many ticks (nAAD)."""
    wck_read: int = 0
    """LPDDR5: ticks that a read keeps the data clock running."""
    wck_write: int = 0
    """LPDDR5: ticks that a write keeps the data clock running."""
    wck_always_on: bool = False
    """LPDDR5: the data clock never stops (`wck_sync_mode: always_on`)."""
    stated_channels: int = field(default=1, compare=False)
    """Channels that the file counts, of which this is one; without effect on it."""

    @property
    def tick_ps(self) -> Fraction:
        """One tick in ps, exactly: the rate decides, not its rounding to whole ps in `tCK_ps`."""
        return Fraction(10**6 * self.transfers_per_tick, self.rate)

    @property
    def clock_mhz(self) -> Fraction:
        """The command clock (CK) in MHz."""
        return 10**6 / (self.tick_ps * self.ticks_per_clock)

    @property
    def tx_bytes(self) -> int:
        """Bytes of one transaction: the requests that the channel takes."""
        return self.prefetch * self.channel_width // 8

    @property
    def transactions_per_row(self) -> int:
        """Transactions that one open row serves."""
        return self.counts[-1] // self.prefetch

    @property
    def row_bytes(self) -> int:
        """Bytes of one row, as the address mapper sees it."""
        return self.transactions_per_row * self.tx_bytes

    @property
    def banks(self) -> int:
        """Banks of the whole channel."""
        product = 1
        for count in self.counts[:-2]:
            product *= count
        return product

    @property
    def data_buses(self) -> int:
        """Data buses of the channel: its pseudo channels, or one."""
        return self.counts[1] if self.levels[1] == "pseudochannel" else 1

    @property
    def capacity_bytes(self) -> int:
        """Bytes that the address mapper can tell apart; addresses beyond wrap around."""
        return self.banks * self.counts[-2] * self.row_bytes

    @property
    def peak_bytes_per_second(self) -> Fraction:
        """What the pins move when no tick of the data buses is idle."""
        seconds = self.tick_ps * self.burst_ticks / PICOSECONDS
        return self.data_buses * self.tx_bytes / seconds

    @property
    def available(self) -> Fraction:
        """Share of the time in which no refresh goes on: 1 - nRFC / nREFI."""
        if self.refresh_interval == 0:
            return Fraction(1)
        return 1 - Fraction(self.refresh_ticks, self.refresh_interval)

    @property
    def closed_read_ticks(self) -> int:
        """Read of a closed bank of an idle channel, from accepted to data: 1 + nRCD + nCL + nBL.

        A read goes out on a clock edge: with half-clock ticks the activate's wait rounds up.
        """
        wait = -(-self._activate_to_read() // self.ticks_per_clock) * self.ticks_per_clock
        return 1 + wait + self.read_latency

    @property
    def mapping(self) -> tuple[tuple[int, int], ...]:
        """Address fields from the low bits up, above the transaction: (level, bits)."""
        bits = [count.bit_length() - 1 for count in self.counts]
        column, row = len(self.levels) - 1, len(self.levels) - 2
        bits[column] -= self.prefetch.bit_length() - 1
        middle = list(range(1, row))
        if self.address_mapper == "ChRaBaRoCo":
            return tuple((level, bits[level]) for level in (column, row, *reversed(middle)))
        if self.address_mapper == "RoBaRaCoCh":
            return tuple((level, bits[level]) for level in (column, *middle, row))
        banks = [(level, bits[level]) for level in middle]
        return ((column, 2), *banks, (column, bits[column] - 2), (row, bits[row]))

    @property
    def mapping_xor(self) -> tuple[int, ...]:
        """For each level the column's bit from which on its index is XORed; -1: not at all."""
        if self.address_mapper != "MOP4CLXOR":
            return ()
        shifts = [-1] * len(self.levels)
        used = 0
        for level in range(1, len(self.levels) - 1):
            bits = self.counts[level].bit_length() - 1
            if bits:
                shifts[level] = used
                used += bits
        return tuple(shifts)

    def _activate_to_read(self) -> int:
        bank = self.levels.index("bank")
        return max(
            (
                rule.latency
                for rule in self.constraints
                if rule.level == bank
                and any(self.commands[one].startswith("ACT") for one in rule.preceding)
                and any(self.commands[one] in ("RD", "RD16") for one in rule.following)
            ),
            default=0,
        )
