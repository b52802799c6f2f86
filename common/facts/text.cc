#include "common/facts/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>

#include "common/facts/node_fold.h"
#include "common/facts/some_nodes.h"

namespace sn {

namespace {

// By code.
constexpr std::array<std::string_view, std::size(Words<FactCode>::kAll)> kFactTexts{
    "",
#define SN_FACT(code, text) text,
    SN_FACTS(SN_FACT)
#undef SN_FACT
};
constexpr std::array<std::string_view, std::size(Words<CureCode>::kAll)> kCureTexts{
    "",
#define SN_CURE(code, text) text,
    SN_CURES(SN_CURE)
#undef SN_CURE
};

std::string number(uint64_t value) { return value == 0 ? std::string() : std::to_string(value); }

// Of the day, as this machine's clock on the wall shows it.
std::string clock(uint64_t unix_ms) {
  if (unix_ms == 0) return {};
  const auto seconds = static_cast<time_t>(unix_ms / 1000);
  tm local{};
  std::array<char, 8> text{};
  if (localtime_r(&seconds, &local) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M", &local)};
}

// The text of what stands in braces; empty: there is nothing.
using Value = std::string (*)(const Details&);
struct Parameter {
  std::string_view name;
  Value value;
};
constexpr std::array kParameters{
    Parameter{"node", [](const Details& d) { return d.node; }},
    Parameter{"sn", [](const Details& d) { return d.sn; }},
    Parameter{"to", [](const Details& d) { return d.to; }},
    Parameter{"place", [](const Details& d) { return d.place; }},
    Parameter{"other_place", [](const Details& d) { return d.other_place; }},
    Parameter{"address", [](const Details& d) { return d.address; }},
    Parameter{"name", [](const Details& d) { return d.name; }},
    Parameter{"value", [](const Details& d) { return d.value; }},
    Parameter{"by", [](const Details& d) { return d.by; }},
    Parameter{"said", [](const Details& d) { return d.said; }},
    Parameter{"nodes", [](const Details& d) { return fold_node_list(d.nodes); }},
    Parameter{"sns", [](const Details& d) { return join(d.sns); }},
    Parameter{"others", [](const Details& d) { return join(d.others); }},
    Parameter{
        "takeover",
        [](const Details& d) { return d.takeover == 0 ? std::string() : takeover_id(d.takeover); }},
    Parameter{"generation", [](const Details& d) { return std::to_string(d.generation); }},
    Parameter{"other_generation",
              [](const Details& d) { return std::to_string(d.other_generation); }},
    Parameter{"count", [](const Details& d) { return number(d.count); }},
    Parameter{"of", [](const Details& d) { return number(d.of); }},
    Parameter{"seconds", [](const Details& d) { return number(d.ms / 1000); }},
    Parameter{"clock", [](const Details& d) { return clock(d.ms); }},
    Parameter{"ms", [](const Details& d) { return number(d.ms); }},
    Parameter{"pid", [](const Details& d) { return number(d.pid); }},
    Parameter{"errno",
              [](const Details& d) {
                return d.os_errno == 0 ? std::string()
                                       : std::string(std::strerror(static_cast<int>(d.os_errno)));
              }},
    Parameter{"planned",
              [](const Details& d) { return std::string(d.planned ? "--planned" : ""); }},
};

// What becomes a word of a shell's command line.
enum class Quoting : uint8_t {
  none,   // a fact is no command
  ours,   // what may hold a name; our own commands are whole
  nodes,  // everything but words
};

class Rendering {
 public:
  Rendering(const Details& with, std::string because, Quoting quoting)
      : with_(with), because_(std::move(because)), quoting_(quoting) {}

  [[nodiscard]] std::string of(std::string_view line) const {
    std::string text;
    for (size_t at = 0; at < line.size();) {
      const char c = line[at];
      if (line.substr(at, 2) == "[[") {
        text += "[[";
        at += 2;
      } else if (c == '[') {
        const size_t end = line.find(']', at);
        if (const auto part = optional_part(line.substr(at + 1, end - at - 1))) text += *part;
        at = end + 1;
      } else if (c == '{') {
        const size_t end = line.find('}', at);
        const std::string value = value_of(line.substr(at + 1, end - at - 1));
        // A number that must be there is shown also where it is 0.
        text += value.empty() && is_number(line.substr(at + 1, end - at - 1)) ? "0" : value;
        at = end + 1;
      } else {
        text += c;
        ++at;
      }
    }
    return text;
  }

 private:
  [[nodiscard]] std::optional<std::string> optional_part(std::string_view line) const {
    std::string text;
    for (size_t at = 0; at < line.size();) {
      if (line[at] != '{') {
        text += line[at++];
        continue;
      }
      const size_t end = line.find('}', at);
      const std::string value = value_of(line.substr(at + 1, end - at - 1));
      if (value.empty()) return std::nullopt;
      text += value;
      at = end + 1;
    }
    return text;
  }

  static bool is_number(std::string_view name) {
    return name == "count" || name == "of" || name == "seconds" || name == "ms" || name == "pid";
  }

  [[nodiscard]] std::string value_of(std::string_view name) const {
    if (name == "because") return because_;
    if (name.starts_with("count:")) {
      return counted(with_.count, name.substr(name.find(':') + 1));
    }
    const auto* const found =
        std::find_if(kParameters.begin(), kParameters.end(),
                     [&](const Parameter& parameter) { return parameter.name == name; });
    if (found == kParameters.end()) return {};
    // A command needs all of them, a sentence does not.
    if (quoting_ == Quoting::none && name == "nodes") return fold_some_nodes(with_.nodes);
    const std::string value = found->value(with_);
    return quoting_ == Quoting::none || is_own_text(name) ? value : quoted(value);
  }

  // Words, or a whole command of our own.
  [[nodiscard]] bool is_own_text(std::string_view name) const {
    if (name == "said" || name == "planned") return true;
    return quoting_ == Quoting::ours && (name == "value" || name == "name" || name == "by");
  }
  static std::string quoted(const std::string& value) {
    return value.empty() ? value : shell_word(value);
  }

  const Details& with_;
  const std::string because_;
  const Quoting quoting_;
};

std::string text_of_step(const Cure& cure) {
  const auto quoting = is_of_a_node(cure.code()) ? Quoting::nodes : Quoting::ours;
  return Rendering(cure.with(), "", quoting).of(template_of(cure.code()));
}

}  // namespace

std::string_view template_of(FactCode code) {
  const auto at = static_cast<size_t>(code);
  return at < kFactTexts.size() ? kFactTexts[at] : kFactTexts[0];
}

std::string_view template_of(CureCode code) {
  const auto at = static_cast<size_t>(code);
  return at < kCureTexts.size() ? kCureTexts[at] : kCureTexts[0];
}

std::string text_of(const Fact& fact) {
  if (fact.empty()) return {};
  return Rendering(fact.with(), text_of(fact.because()), Quoting::none)
      .of(template_of(fact.code()));
}

std::string text_of(const Cure& cure) {
  if (cure.empty()) return {};
  std::string text = text_of_step(cure);
  if (!cure.next().empty()) text += "; then " + text_of(cure.next());
  return text;
}

std::string said_of(std::string_view place, std::string_view reason) {
  if (place.empty()) return std::string(reason);
  const bool sentence = reason.starts_with("it ") || reason.starts_with("its ");
  return std::string(place) + (sentence ? ": " : " ") + std::string(reason);
}

std::string takeover_id(uint64_t number) { return "T" + std::to_string(number); }

std::string counted(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string join(const std::vector<std::string>& names, std::string_view between) {
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += between;
    text += name;
  }
  return text;
}

std::string text_for(const Cure& cure, const std::vector<std::string>& nodes) {
  if (cure.empty()) return {};
  Details with = cure.with();
  if (!with.nodes.empty()) with.nodes = nodes;
  std::string text = text_of_step(Cure(cure.code(), std::move(with)));
  if (!cure.next().empty()) text += "; then " + text_for(cure.next(), nodes);
  return text;
}

namespace {

// A character of UTF-8 (RFC 3629): no overlong form, no surrogate, nothing beyond U+10FFFF.
struct Character {
  size_t bytes = 0;  // 0: no character begins here
  uint32_t code = 0;
};
Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return {1, first};
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t code = first & (0x7fU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3fU);
  }
  const bool lawful = first >= 0xc2 && first <= 0xf4 && code >= kLeast[bytes] && code <= 0x10ffff &&
                      (code < 0xd800 || code > 0xdfff);
  return lawful ? Character{bytes, code} : Character{};
}

bool is_obeyed(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ||       // C0, DEL, C1
         code == 0x61c || code == 0x200e || code == 0x200f ||  // marks of direction
         (code >= 0x2028 && code <= 0x202e) ||                 // line ends, embeddings, overrides
         (code >= 0x2066 && code <= 0x2069);                   // isolates
}

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

}  // namespace

size_t obeyed_at(std::string_view text, size_t at) {
  const Character character = character_at(text, at);
  if (character.bytes == 0) return 1;
  return is_obeyed(character.code) ? character.bytes : 0;
}

size_t character_bytes(std::string_view text, size_t at) {
  return std::max<size_t>(character_at(text, at).bytes, 1);
}

std::string json_for_everybody(std::string json) {
  // Nearly every text is, and a status of thousands of nodes comes by here.
  if (is_plain_ascii(json)) return json;
  std::string text;
  text.reserve(json.size() + 64);
  for (size_t at = 0; at < json.size();) {
    const Character character = character_at(json, at);
    const uint32_t code = character.bytes == 0 ? 0xfffd : character.code;
    // Line ends between the values are JSON's own; within a string they are escaped already.
    if (character.bytes == 0 || (code >= 0x7f && is_obeyed(code))) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04hx", static_cast<unsigned short>(code));
      text += escaped.data();
    } else {
      text.append(json, at, character.bytes);
    }
    at += std::max<size_t>(character.bytes, 1);
  }
  return text;
}

bool is_utf8(std::string_view text) {
  if (is_plain_ascii(text)) return true;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = character_at(text, at).bytes;
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

std::string utf8_of(std::string_view text) {
  std::string good(text);
  for (size_t at = 0; at < good.size();) {
    const size_t bytes = character_at(good, at).bytes;
    if (bytes == 0) good[at] = '?';
    at += std::max<size_t>(bytes, 1);
  }
  return good;
}

std::string plain_line(std::string_view text) {
  // Nearly every text is, and every text of every node's message comes by here.
  if (is_plain_ascii(text)) return std::string(text);
  std::string line;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const size_t obeyed = c == '\t' ? 0 : obeyed_at(text, at);
    const size_t bytes = character_bytes(text, at);
    if (obeyed == 0) {
      line.append(text, at, bytes);
    } else {
      line += c == '\n' || c == '\r' ? ' ' : '?';
    }
    at += bytes;
  }
  return line;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kHarmless = "_-./:,=@%+";
  const bool harmless = std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kHarmless.find(c) != std::string_view::npos;
  });
  if (harmless && !text.empty()) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace sn
