// Lets Ctrl-C and SIGTERM end a long loop.
//
//   const Listening listening(check_signals);   // who starts the work; it ends it by throwing
//   for (...) { turns_.next(); ... }            // every loop whose length its input decides
#pragma once

#include <cstdint>

namespace npu::togsim {

// While it lives, the loops of this thread ask `ask` every few milliseconds.
class Listening {
 public:
  explicit Listening(void (*ask)());
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  void (*before_)();
};

// Counts the turns of a loop, and asks in one of every few; in each one where they are slow. It
// belongs to the object that loops, not to a call of it: many short loops are a long one, too.
class Turns {
 public:
  void next() {
    if (--left_ == 0) ask();
  }

 private:
  void ask();

  std::uint32_t left_ = 1;
  std::uint32_t stride_ = 1;
};

}  // namespace npu::togsim
