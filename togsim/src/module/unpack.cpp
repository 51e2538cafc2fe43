#include "module/unpack.hpp"

#include <utility>

#include "checked.hpp"
#include "error.hpp"
#include "memory/request_stream.hpp"

namespace npu::togsim {
namespace {

class Reader {
 public:
  Reader(std::span<const std::int64_t> words, const std::vector<std::string>& names)
      : words_(words), names_(&names) {}

  std::int64_t word() {
    if (next_word_ == words_.size()) throw Error("a packed program ends too early");
    return words_[next_word_++];
  }

  std::size_t count() {
    const std::int64_t value = word();
    if (value < 0) throw Error("a packed program has a negative count");
    return static_cast<std::size_t>(value);
  }

  // A number from `least` to kMaxNumber.
  std::int64_t bounded(std::int64_t least) {
    const std::int64_t value = word();
    if (value < least || value > kMaxNumber) {
      throw Error("a packed program has the number " + std::to_string(value) +
                  "; expected " + std::to_string(least) + " to " + std::to_string(kMaxNumber));
    }
    return value;
  }

  // A number below `limit`.
  std::size_t index(std::size_t limit) {
    const std::size_t value = count();
    if (value >= limit) throw Error("a packed program has a number out of range");
    return value;
  }

  // An element count; none is larger than the words left.
  std::size_t length() {
    const std::size_t value = count();
    if (value > words_.size() - next_word_) throw Error("a packed program ends too early");
    return value;
  }

  const std::string& name() {
    if (next_name_ == names_->size()) throw Error("a packed program lacks a name");
    return (*names_)[next_name_++];
  }

  [[nodiscard]] bool at_end() const {
    return next_word_ == words_.size() && next_name_ == names_->size();
  }

 private:
  std::span<const std::int64_t> words_;
  const std::vector<std::string>* names_;
  std::size_t next_word_ = 0;
  std::size_t next_name_ = 0;
};

template <class Function>
auto list(Reader& reader, Function read_one) {
  std::vector<decltype(read_one())> result;
  const std::size_t length = reader.length();
  result.reserve(length);
  for (std::size_t i = 0; i < length; ++i) result.push_back(read_one());
  return result;
}

std::vector<std::int64_t> numbers(Reader& reader) {
  return list(reader, [&] { return reader.word(); });
}

class KernelReader {
 public:
  KernelReader(Reader& reader) : reader_(&reader) {}

  KernelSpec read() {
    kernel_.name = reader_->name();
    kernel_.num_arguments = reader_->count();
    kernel_.num_ivs = reader_->length();
    kernel_.num_tokens = reader_->length();
    kernel_.buffers = list(*reader_, [&] { return buffer(); });
    kernel_.functions = list(*reader_, [&] { return function(); });
    kernel_.parallel = list(*reader_, [&] { return loop(); });
    kernel_.once = reader_->length();
    kernel_.code = list(*reader_, [&] { return node(); });
    if (kernel_.once > kernel_.code.size()) throw Error("more code runs once than there is");
    match_loops();
    find_empty_loops(kernel_);
    return std::move(kernel_);
  }

 private:
  BufferSpec buffer() {
    BufferSpec result;
    result.name = reader_->name();
    result.slots = reader_->bounded(1);
    result.element_bytes = reader_->bounded(1);
    result.offset = reader_->bounded(0);
    result.shape = list(*reader_, [&] { return reader_->bounded(1); });
    if (result.shape.size() > kMaxRank) throw Error("a buffer has too many dimensions");
    std::int64_t bytes = checked_mul(result.slots, result.element_bytes, "a buffer's size");
    for (const std::int64_t n : result.shape) bytes = checked_mul(bytes, n, "a buffer's size");
    if (bytes > kMaxNumber) throw Error("a buffer has more than 2^40 bytes");
    return result;
  }

  FunctionSpec function() {
    FunctionSpec result;
    result.name = reader_->name();
    const std::size_t cases = reader_->length();
    for (std::size_t i = 0; i < cases; ++i) {
      std::vector<std::int64_t> sizes = numbers(*reader_);
      const std::int64_t cycles = reader_->bounded(1);
      result.cases[std::move(sizes)] = cycles;
    }
    return result;
  }

  LoopSpec loop() {
    LoopSpec result;
    result.iv = reader_->index(kernel_.num_ivs);
    result.lower = reader_->bounded(-kMaxNumber);
    result.upper = reader_->bounded(-kMaxNumber);
    result.step = reader_->bounded(1);
    return result;
  }

  Expr expr() {
    std::vector<ExprStep> steps = list(*reader_, [&] {
      const std::size_t op = reader_->index(static_cast<std::size_t>(ExprOp::Product) + 1);
      return ExprStep{static_cast<ExprOp>(op), reader_->word()};
    });
    return Expr(std::move(steps), static_cast<std::int64_t>(kernel_.num_ivs));
  }

  AccessSpec access() {
    AccessSpec result;
    result.write = reader_->word() != 0;
    result.buffer = reader_->index(kernel_.buffers.size());
    result.slot = expr();
    result.lo = list(*reader_, [&] { return expr(); });
    result.size = list(*reader_, [&] { return expr(); });
    const std::size_t rank = kernel_.buffers[result.buffer].shape.size();
    if (result.lo.size() != rank || result.size.size() != rank) {
      throw Error("an access has another rank than its buffer");
    }
    return result;
  }

  DmaDimSpec dimension() {
    DmaDimSpec result;
    result.size = expr();
    result.stride_bytes = reader_->bounded(-kMaxNumber);
    const std::size_t kind = reader_->index(3);
    if (kind == 0) return result;
    if (kind == 2) {
      IndicesSpec& indices = result.indices.emplace();
      indices.argument = reader_->index(kernel_.num_arguments);
      indices.first = expr();
      indices.extent = reader_->bounded(1);
      if (result.stride_bytes < 0) throw Error("indices go backwards");
      return result;
    }
    BoundsSpec& bounds = result.bounds.emplace();
    bounds.first = expr();
    bounds.extent = reader_->bounded(1);
    bounds.step = reader_->bounded(-kMaxNumber);
    return result;
  }

  void transfer(Node& node) {
    node.token = reader_->index(kernel_.num_tokens);
    node.tensor = reader_->index(kernel_.num_arguments);
    node.offset = expr();
    node.element_bytes = reader_->bounded(1);
    node.dims = list(*reader_, [&] { return dimension(); });
    if (node.dims.size() > kMaxDmaRank) throw Error("a transfer has too many dimensions");
    node.after = list(*reader_, [&] { return reader_->index(kernel_.num_tokens); });
  }

  // A transfer has one rectangle, of elements of its size, and one of its indices if it has any.
  void transfer_rectangle(const Node& node) {
    if (node.accesses.size() != (is_indexed(node) ? 2U : 1U)) throw Error("a transfer has not one rectangle");
    const std::size_t buffer = node.accesses.front().buffer;
    if (kernel_.buffers[buffer].element_bytes != node.element_bytes) {
      throw Error("a transfer's elements have another size than its buffer's");
    }
  }

  Node node() {
    Node result;
    constexpr std::size_t kOpcodes = static_cast<std::size_t>(Opcode::CombiningStore) + 1;
    const std::size_t opcode = reader_->index(kOpcodes + 1);
    const bool has_passes = opcode == kOpcodes;  // a preload with their number ahead of the rest
    result.op = has_passes ? Opcode::Preload : static_cast<Opcode>(opcode);
    if (has_passes) result.passes = reader_->word();
    if (result.passes < 1) throw Error("weights pass through the array less than once");
    result.combines = result.op == Opcode::CombiningStore;
    if (result.combines) result.op = Opcode::Store;
    switch (result.op) {
      case Opcode::LoopBegin: result.loop = loop(); return result;
      case Opcode::LoopEnd: return result;
      case Opcode::Wait: result.token = reader_->index(kernel_.num_tokens); return result;
      case Opcode::Load:
      case Opcode::Store:
      case Opcode::CombiningStore: transfer(result); break;
      case Opcode::Preload:
        result.rows = expr();
        result.cols = expr();
        break;
      case Opcode::Matmul: result.rows = expr(); break;
      case Opcode::Vector:
        result.function = reader_->index(kernel_.functions.size());
        result.sizes = list(*reader_, [&] { return expr(); });
        break;
    }
    result.accesses = list(*reader_, [&] { return access(); });
    if (result.op == Opcode::Load || result.op == Opcode::Store) transfer_rectangle(result);
    const std::size_t least = result.op == Opcode::Preload ? 1 : result.op == Opcode::Matmul ? 2 : 0;
    if (result.accesses.size() < least) throw Error("an array operation lacks a rectangle");
    return result;
  }

  // Tells the ends of loops where their begins are, and the other way round.
  void match_loops() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < kernel_.code.size(); ++i) {
      Node& node = kernel_.code[i];
      if (i == kernel_.once && !open.empty()) throw Error("a loop runs once in part");
      if (node.op == Opcode::LoopBegin) open.push_back(i);
      if (node.op != Opcode::LoopEnd) continue;
      if (open.empty()) throw Error("a loop ends that never began");
      Node& begin = kernel_.code[open.back()];
      node.loop = begin.loop;
      node.loop.partner = open.back();
      begin.loop.partner = i;
      open.pop_back();
    }
    if (!open.empty()) throw Error("a loop never ends");
  }

  Reader* reader_;
  KernelSpec kernel_;
};

// What launches have of indices, behind them, if there is anything.
void read_indices(Reader& reader, std::vector<LaunchSpec>& launches) {
  if (reader.at_end()) return;
  std::vector<IndexValues> values(launches.size());
  const std::size_t count = reader.length();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t launch = reader.index(launches.size());
    const std::size_t argument = reader.index(launches[launch].tensors.size());
    values[launch][argument] = numbers(reader);
  }
  for (std::size_t i = 0; i < launches.size(); ++i) {
    if (!values[i].empty()) launches[i].indices = std::make_shared<IndexValues>(std::move(values[i]));
  }
}

std::vector<LaunchSpec> read_launches(Reader& reader, const ProgramSpec& program) {
  std::vector<LaunchSpec> launches = list(reader, [&] {
    LaunchSpec launch;
    launch.kernel = reader.index(program.kernels.size());
    launch.tensors = list(reader, [&] { return reader.index(program.tensors.size()); });
    launch.after = list(reader, [&] { return reader.count(); });
    launch.queue = reader.count();
    launch.arrival_ns = reader.bounded(0);
    launch.priority = reader.bounded(-kMaxNumber);
    launch.request = reader.index(kMaxRequests);
    if (launch.tensors.size() != program.kernels[launch.kernel].num_arguments) {
      throw Error("a launch has another number of tensors than its kernel has arguments");
    }
    return launch;
  });
  read_indices(reader, launches);
  for (std::size_t i = 0; i < launches.size(); ++i) {
    for (const std::size_t before : launches[i].after) {
      if (before >= i) throw Error("a launch waits for one that is not earlier");
    }
  }
  return launches;
}

}  // namespace

std::vector<LaunchSpec> unpack_launches(std::span<const std::int64_t> words,
                                        const ProgramSpec& program) {
  const std::vector<std::string> no_names;
  Reader reader(words, no_names);
  std::vector<LaunchSpec> launches = read_launches(reader, program);
  if (!reader.at_end()) throw Error("packed launches go on after their end");
  return launches;
}

ProgramSpec unpack(std::span<const std::int64_t> words, const std::vector<std::string>& names) {
  Reader reader(words, names);
  ProgramSpec program;
  program.tensors = list(reader, [&] {
    const std::int64_t address = reader.word();
    const std::int64_t bytes = reader.word();
    constexpr std::int64_t kEnd = std::int64_t{1} << 48;  // what the channel hash covers
    if (address < 0 || bytes < 0 || address > kEnd || bytes > kEnd - address) {
      throw Error("a tensor lies outside 48-bit addresses");
    }
    constexpr std::size_t kMaxPartitions = 256;  // as many as channels
    TensorSpec tensor;
    tensor.address = address;
    tensor.bytes = bytes;
    tensor.partition = static_cast<std::uint32_t>(reader.index(kMaxPartitions));
    return tensor;
  });
  program.kernels = list(reader, [&] {
    return KernelReader(reader).read();
  });
  program.launches = read_launches(reader, program);
  if (!reader.at_end()) throw Error("a packed program goes on after its end");
  return program;
}

}  // namespace npu::togsim
