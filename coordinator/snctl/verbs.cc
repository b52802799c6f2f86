#include "coordinator/snctl/verbs.h"

#include <charconv>
#include <cstdio>

#include "coordinator/snctl/screens.h"
#include "coordinator/snctl/text.h"

namespace sn::coordinator {

void print(const std::string& text) {
  const std::string safe = printable(text);
  std::fwrite(safe.data(), 1, safe.size(), stdout);
  std::fflush(stdout);
}

void print_error(const std::string& text) {
  const std::string safe = printable(text);
  std::fwrite(safe.data(), 1, safe.size(), stderr);
}

namespace {

bool errors_in_json = false;

}  // namespace

void speak_json() { errors_in_json = true; }

int report(const Error& error, int exit_code) {
  if (errors_in_json) {
    const RefusalAnswer answer{error.fact(), error.cure, exit_code};
    std::printf("%s\n", answer_to_json(answer, true).c_str());
    std::fflush(stdout);
    return exit_code;
  }
  print_error("snctl: " + error.message() + "\n");
  return exit_code;
}

int finish(const Terminal& terminal, const Line& line, const std::string& screen, int exit_code) {
  std::string text = screen;
  int code = exit_code;
  bool wrong = false;
  if (const auto* refusal = std::get_if<RefusalAnswer>(&line.answer.value)) {
    text = refusal_screen(*refusal);
    code = refusal->exit_code;
    wrong = true;
  } else if (const auto* done = std::get_if<DoneAnswer>(&line.answer.value)) {
    text = wrap("", done->text, 2);
    code = 0;
  } else if (text.empty()) {
    text = "snctl: an answer of another kind came (cure: use the snctl of sncoordd's version)\n";
    wrong = true;
  }
  if (terminal.json) {
    std::printf("%s\n", line.json.c_str());
    std::fflush(stdout);
  } else if (wrong) {
    print_error(text);
  } else {
    print(text);
  }
  return code;
}

Result<uint32_t> parse_duration(const std::string& text) {
  constexpr uint64_t kDay_ms = 24 * 60 * 60 * 1000;
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  uint64_t factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s" || unit.empty()) factor = 1000;
  if (unit == "m" || unit == "min") factor = 60'000;
  if (error != std::errc{} || factor == 0 || number == 0 || number > kDay_ms / factor) {
    return fail(ErrorClass::invalid_input, "", text, "not a duration of at most a day",
                "write it as 60s, 500ms or 2m");
  }
  return static_cast<uint32_t>(number * factor);
}

}  // namespace sn::coordinator
