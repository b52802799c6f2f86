// The words of facts and cures: the only place where they become text for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/facts/cure.h"
#include "common/facts/fact.h"

namespace sn {

// text_of(const Fact&) is declared in fact.h, text_of(const Cure&) in cure.h: a command to paste, a
// step, or "step; then command".

// "1 node", "2 nodes"
[[nodiscard]] std::string counted(size_t count, std::string_view noun);
// "SN1P, SN2P"
[[nodiscard]] std::string join(const std::vector<std::string>& names,
                               std::string_view between = ", ");

// A place and what is said of it: "/etc/motd mentions SN1P", "/etc/hosts: it is immutable". An
// empty place says nothing.
[[nodiscard]] std::string said_of(std::string_view place, std::string_view reason);

// "T17"
[[nodiscard]] std::string takeover_id(uint64_t number);

// As text_of, but a {nodes} of the command names `nodes` instead of the cure's own.
[[nodiscard]] std::string text_for(const Cure& cure, const std::vector<std::string>& nodes);

// How many bytes of `text` at `at` are one character that a terminal obeys, or that changes the
// direction of writing, or a byte that is no UTF-8 (0x9b begins a command where a terminal takes
// each byte for a character); 0: a terminal only shows it. Line ends and tabs are such characters.
[[nodiscard]] size_t obeyed_at(std::string_view text, size_t at);
// How many bytes of `text` at `at` are one character of UTF-8, 1 if none begins there.
[[nodiscard]] size_t character_bytes(std::string_view text, size_t at);

[[nodiscard]] bool is_utf8(std::string_view text);
// The same, with '?' for each byte that is no UTF-8.
[[nodiscard]] std::string utf8_of(std::string_view text);

// As one line that a terminal only shows: a line end is a blank, and whatever else it would obey,
// or that changes the direction of writing, is '?'.
[[nodiscard]] std::string plain_line(std::string_view text);

// A JSON text whose strings hold bytes of other people's files, as a text that every reader of JSON
// takes (RFC 8259, section 8.1) and a terminal only shows: a byte that is no UTF-8 becomes U+FFFD,
// and what a terminal would obey is written as \u009b. What is read back is otherwise the same.
[[nodiscard]] std::string json_for_everybody(std::string json);

// For a shell: as it is if every character is harmless there, else in single quotes.
[[nodiscard]] std::string shell_word(std::string_view text);

// The line of each code, for tests: "{place} lies on {sn}".
[[nodiscard]] std::string_view template_of(FactCode code);
[[nodiscard]] std::string_view template_of(CureCode code);

}  // namespace sn
