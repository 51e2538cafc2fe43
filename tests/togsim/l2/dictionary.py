"""The rules of docs/l2.md as plainly as they can be written: what the slice is compared with."""

from typing import Any

LAZY = "lazy_fetch_on_read"


class Dictionary:
    """The rules, as plainly as possible: sets of lines, lines of sectors, sectors of blocks."""

    def __init__(self, model):
        self.m, self.port_free, self.leaves = model, 0, []
        self.per_sector, self.per_line = model.sector_bytes // 32, model.line_bytes // 32
        self.lines: dict[int, list[Any]] = {}  # line -> [age, {block held}, {sector dirty}]
        self.coming: dict[int, dict[str, Any]] = {}
        self.clock = 0

    def set_of(self, line):
        bits = self.m.sets.bit_length() - 1
        if self.m.index == "linear":
            return line % self.m.sets
        if self.m.index == "xor":
            return (line ^ line >> bits) % self.m.sets
        poly = {1: 3, 2: 7, 3: 11}.get(bits, 1)
        for shift in range(line.bit_length() - bits - 1, -1, -1):
            if bits and line >> (shift + bits) & 1:
                line ^= poly << shift
        return line if bits else 0

    def blocks(self, sector):
        return set(range(sector * self.per_sector, (sector + 1) * self.per_sector))

    def awaited(self, line):
        late = self.m.allocation != "on_miss"
        return not late and any(s * self.per_sector // self.per_line == line for s in self.coming)

    def room(self, line):
        """(may be allocated, the line that must go first or None)."""
        mates = [n for n in self.lines if self.set_of(n) == self.set_of(line)]
        if len(mates) < self.m.ways:
            return True, None
        able = [n for n in mates if not self.awaited(n)]
        return bool(able), min(able, key=lambda n: self.lines[n][0], default=None)

    def owed(self, line, sectors=None):
        _, held, dirty = self.lines[line]
        dirty = dirty if sectors is None else dirty & sectors
        return sorted(b for b in held if b // self.per_sector in dirty)

    def drop(self, line, sector):
        if sector in self.coming:
            self.coming[sector]["keep"] = False
        if line in self.lines:
            self.lines[line][1] -= self.blocks(sector)
            self.lines[line][2].discard(sector)
            if not self.lines[line][1] and not self.awaited(line):
                del self.lines[line]

    def found(self, block, write):
        """What an access finds."""
        sector, line = block // self.per_sector, block // self.per_line
        if sector in self.coming:
            return "hit_reserved"
        here = self.blocks(sector) & (self.lines[line][1] if line in self.lines else set())
        if here if write else here == self.blocks(sector):
            return "hit"
        return "sector_miss" if line in self.lines else "miss"

    def intent(self, outcome, write):
        """(its data goes to the DRAM, it fetches, it waits, it brings its data into a line)."""
        policy, partial = self.m.write_allocate, self.per_sector > 1
        through = self.m.write != "back"
        on_write = policy == "fetch_on_write" and partial
        if not write:
            return False, "miss" in outcome, outcome != "hit", False
        if "miss" in outcome:
            send = through or policy in {"none", "naive"}
            fetch = policy == "naive" or on_write
            return send, fetch, fetch and not send, policy in {"fetch_on_write", LAZY}
        wait = outcome == "hit_reserved" and on_write and not through
        return through, False, wait, False

    def refused(self, now, requests, fetch, merges):
        """Whether port, registers or queue stand in the way."""
        entries = self.m.sectors if self.m.allocation == "streaming" else self.m.mshr_entries
        queued = sum(cycle > now for cycle in self.leaves)
        return (
            now < self.port_free
            or (fetch and len(self.coming) >= entries)
            or (merges is not None and merges["count"] >= self.m.mshr_merges)
            or (requests > 0 and queued + requests > self.m.miss_queue)
        )

    def access(self, now, block, write, number):
        sector, line = block // self.per_sector, block // self.per_line
        if write and self.m.write == "read_only":
            if sum(cycle > now for cycle in self.leaves) >= self.m.miss_queue:
                return "stall", [], []
            self.leaves.append(max([now, *self.leaves]) + 1)
            self.drop(line, sector)
            return "bypass", [], [("write", block)]
        outcome = self.found(block, write)
        send, fetch, wait, install = self.intent(outcome, write)
        new = (fetch or install) and line not in self.lines and self.m.allocation == "on_miss"
        able, victim = self.room(line) if new else (True, None)
        back = [] if victim is None else self.owed(victim)
        asked = [("write", block)] if send else []
        asked += [("fetch", b) for b in sorted(self.blocks(sector))] if fetch else []
        asked += [("write_back", b) for b in back]
        merges = self.coming[sector] if wait and not fetch else None
        if not able or self.refused(now, len(asked), fetch, merges):
            return "stall", [], []
        for _ in asked:
            self.leaves.append(max([now, *self.leaves]) + 1)
        self.clock += 1
        self.move_lines(now, line, outcome, victim, len(back), new)
        if fetch:
            left = len(self.blocks(sector))
            self.coming[sector] = {"ids": [], "left": left, "keep": True, "count": 0}
        if fetch or wait:
            self.coming[sector]["count"] += 1
            self.coming[sector]["ids"] += [number] if wait else []
        if write and (install or "hit" in outcome):
            self.store(block, send, "hit" in outcome)
        return outcome, [] if wait or send else [number], asked

    def move_lines(self, now, line, outcome, victim, back, new):
        """The victim goes, the line comes or is used, the port is busy."""
        moved = 1 if outcome == "hit" else back
        if moved:
            self.port_free = now + -(-moved * 32 // self.m.port_bytes)
        if victim is not None:
            del self.lines[victim]
        if new:
            self.lines[line] = [self.clock, set(), set()]
        elif line in self.lines and self.m.eviction == "lru":
            self.lines[line][0] = self.clock

    def store(self, block, sent, found):
        sector, line = block // self.per_sector, block // self.per_line
        if self.m.write == "evict" and found:
            self.drop(line, sector)
        elif line in self.lines:
            self.lines[line][1].add(block)
            if not sent:
                self.lines[line][2].add(sector)

    def fill(self, block):
        sector, line = block // self.per_sector, block // self.per_line
        entry = self.coming[sector]
        entry["left"] -= 1
        if entry["left"]:
            return []
        del self.coming[sector]
        if not entry["keep"]:
            if line in self.lines:
                self.drop(line, sector)
            return entry["ids"]
        if line not in self.lines:
            _, victim = self.room(line)
            if victim is not None:
                del self.lines[victim]
            self.clock += 1
            self.lines[line] = [self.clock, set(), set()]
        self.lines[line][1] |= self.blocks(sector)
        return entry["ids"]
