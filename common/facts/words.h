// One table of words an enum: for printing, on the wire, in JSON and in SQL.
//
//   template <>
//   struct Words<Colour> {
//     static constexpr Word<Colour> kAll[] = {{Colour::red, "red"}, {Colour::blue, "blue"}};
//   };
//
// stands beside the enum and has every value once, in the enum's order, each with a word of its
// own: the compiler refuses any other table. A word that is not in the table is no value.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace sn {

template <class Enum>
struct Word {
  Enum value;
  std::string_view word;
};

template <class Enum>
struct Words;

template <class Enum>
concept HasWords = requires { Words<Enum>::kAll; };

namespace words {

// GCC and clang name a value as "sn::Colour::red", and one that the enum does not have as
// "(sn::Colour)2".
template <auto kValue>
consteval bool is_named() {
  const std::string_view name = __PRETTY_FUNCTION__;
  return name[name.rfind("kValue = ") + std::string_view("kValue = ").size()] != '(';
}

template <HasWords Enum>
consteval bool complete() {
  constexpr auto& all = Words<Enum>::kAll;
  for (size_t i = 0; i < std::size(all); ++i) {
    if (all[i].value != static_cast<Enum>(i) || all[i].word.empty()) return false;
    for (size_t j = 0; j < i; ++j) {
      if (all[j].word == all[i].word) return false;
    }
  }
  return !is_named<static_cast<Enum>(std::size(all))>();
}

}  // namespace words

// Empty for what is no value of the enum.
template <HasWords Enum>
[[nodiscard]] constexpr std::string_view word_of(Enum value) {
  static_assert(words::complete<Enum>(), "the table lacks a value, or is not in the enum's order");
  const auto place = static_cast<size_t>(value);
  return place < std::size(Words<Enum>::kAll) ? Words<Enum>::kAll[place].word : std::string_view();
}

template <HasWords Enum>
[[nodiscard]] constexpr std::optional<Enum> from_word(std::string_view word) {
  static_assert(words::complete<Enum>(), "the table lacks a value, or is not in the enum's order");
  for (const auto& entry : Words<Enum>::kAll) {
    if (entry.word == word) return entry.value;
  }
  return std::nullopt;
}

template <HasWords Enum>
[[nodiscard]] constexpr std::string_view to_string(Enum value) {
  return word_of(value);
}

}  // namespace sn
