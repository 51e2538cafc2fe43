// Checks for the tests: they print what failed and go on; the program's exit code counts them.
#pragma once

#include <iostream>
#include <string>

#include "error.hpp"

inline int failed_checks = 0;

inline void report_failure(const char* file, int line, const std::string& what) {
  std::cerr << file << ":" << line << ": " << what << "\n";
  ++failed_checks;
}

#define CHECK(condition) \
  do { \
    if (!(condition)) report_failure(__FILE__, __LINE__, #condition); \
  } while (false)

#define CHECK_EQUAL(found, expected) \
  do { \
    const auto found_value = (found); \
    const auto expected_value = (expected); \
    if (!(found_value == expected_value)) { \
      report_failure(__FILE__, __LINE__, std::string(#found) + " is " + \
                     std::to_string(found_value) + ", expected " + \
                     std::to_string(expected_value)); \
    } \
  } while (false)

// The statement must throw an Error whose message contains `text`.
#define CHECK_THROWS(statement, text) \
  do { \
    try { \
      statement; \
      report_failure(__FILE__, __LINE__, #statement " threw nothing"); \
    } catch (const npu::togsim::Error& error) { \
      if (std::string(error.what()).find(text) == std::string::npos) { \
        report_failure(__FILE__, __LINE__, std::string("another message: ") + error.what()); \
      } \
    } \
  } while (false)
