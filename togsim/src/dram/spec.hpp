// What one DRAM channel is: organisation, timing, queues. Plain data, filled by Python (which reads
// the configuration files) and checked once by check().
//
// Every figure is in ticks of the controller's clock unless said otherwise. Levels are numbered
// from the channel down; an address is one index a level.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace npu::togsim::dram {

// After one of `preceding`, one of `following` may issue no earlier than `latency` ticks later, both
// within the same node of `level`. `window` n counts from the n-th last one of `preceding` (4: the
// fifth activate waits for the first). `sibling`: it holds in the other nodes of that level instead.
struct ConstraintSpec {
  std::int64_t level = 0;
  std::vector<std::int64_t> preceding;  // indices into Spec::commands
  std::vector<std::int64_t> following;
  std::int64_t latency = 0;
  std::int64_t window = 1;
  bool sibling = false;
};

struct Spec {
  std::string standard;    // "DDR4" | "HBM2" | "HBM3" | "LPDDR5"
  // "Generic" (Ramulator 2.0), or of 2.1: "GenericDDR", "HBM12", "HBM34", "LPDDR5".
  std::string controller;

  // "channel", then "rank" or "pseudochannel", for some "sid", "bankgroup", "bank", "row", "column".
  std::vector<std::string> level_names;
  // The number of nodes of a level in one of the level above: 1 for the channel; for the column, the
  // transactions of a row (columns / prefetch). Powers of two.
  std::vector<std::int64_t> level_counts;

  // The address above the transaction offset, as fields from the low bits up: the level of each
  // field, and its number of bits. A level may have several fields, low bits first; all fields of a
  // level have together the bits of its count. The channel has no field. Address bits above the last
  // field are ignored. RoBaRaCoCh: column, then every level from the second down to the row.
  std::vector<std::int64_t> mapping;
  std::vector<std::int64_t> mapping_bits;
  // A shift a level: its index is XORed with the column's bits from that shift up, as many as the
  // level has (MOP4CLXOR). -1 or an empty list: none.
  std::vector<std::int64_t> mapping_xor;

  // In the standard's order. Roles go by name: ACT (or ACT-1/ACT1 with ACT-2/ACT2), PRE/PREpb,
  // PREA/PREab, RD/RD16, WR/WR16, CASRD/CAS_RD, CASWR/CAS_WR, REFab; others are never issued.
  std::vector<std::string> commands;
  // Command-bus occupancy; only a record: the constraints hold the offsets that follow from it.
  std::vector<std::int64_t> command_ticks;
  std::vector<ConstraintSpec> constraints;

  std::int64_t read_latency = 0;      // from the RD to its data complete: nCL + nBL
  std::int64_t burst_ticks = 0;       // one transaction on the data bus: nBL; for statistics
  std::int64_t refresh_interval = 0;  // nREFI; 0 = no refresh
  std::int64_t refresh_level = 0;     // one REFab a node of this level

  std::int64_t read_queue = 0;        // entries; a 2.0 queue "of 32" takes 33
  std::int64_t write_queue = 0;
  std::int64_t priority_queue = 0;
  // Write mode begins with more than write_high_entries writes waiting (or no read), and ends with
  // fewer than write_low_entries (and a read). Reference: writes > 0.8 * 32 = 25.6, so 25 here;
  // writes < 0.2 * 32 = 6.4, so 7 here: floor(high) and ceil(low).
  std::int64_t write_high_entries = 0;
  std::int64_t write_low_entries = 0;

  std::int64_t tx_bytes = 0;          // one request: a power of two
  std::int64_t tick_num = 0;          // tick = tick_num / tick_den picoseconds
  std::int64_t tick_den = 1;

  // LPDDR5 only. A column command keeps the data clock (WCK) running; one that comes wck_read (after
  // a read) or wck_write (after a write) ticks or more after the last needs a CAS before it.
  // 2.1: nCL + nBL_min + nWCKPST and nCWL + nBL_min + nWCKPST. 2.0: nCL + nBL16 + 1 and
  // nCWL + nBL16 + 1.
  std::int64_t aad = 0;               // 2.1: ACT2 at most nAAD after ACT1
  std::int64_t wck_read = 0;
  std::int64_t wck_write = 0;
  bool wck_always_on = false;         // wck_sync_mode: always_on
};

// Throws an Error that names the field if the spec contradicts itself.
void check(const Spec& spec);

}  // namespace npu::togsim::dram
